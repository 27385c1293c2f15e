ALTER TABLE public.attribution_allocations DROP CONSTRAINT fk_attribution_allocations_channel_code;

-- The nearest old name; what the mapping has merged stays merged.
--: backfill table=public.attribution_allocations triggers=trg_check_allocation_sum expect=matching
UPDATE public.attribution_allocations
SET channel_code = CASE channel_code
        WHEN 'google_search_paid' THEN 'google_search'
        WHEN 'google_display_paid' THEN 'display'
        WHEN 'facebook_paid' THEN 'facebook_ads'
        WHEN 'facebook_brand' THEN 'social'
        WHEN 'tiktok_paid' THEN 'social'
        WHEN 'unknown' THEN 'direct'
    END
WHERE channel_code IN ('google_search_paid', 'google_display_paid', 'facebook_paid', 'facebook_brand',
                       'tiktok_paid', 'unknown');
--: end

ALTER TABLE public.attribution_allocations RENAME COLUMN channel_code TO channel;
ALTER TABLE public.attribution_allocations
    ADD CONSTRAINT ck_attribution_allocations_channel_code_valid
        CHECK (channel IN ('google_search', 'facebook_ads', 'direct', 'email', 'organic', 'referral',
                           'social', 'paid_search', 'display'));
