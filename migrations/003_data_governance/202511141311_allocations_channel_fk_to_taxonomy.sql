/*---
revision: 202511141311
parents: [202511141310]
message: Let allocations refer to the channel taxonomy
---*/

ALTER TABLE public.attribution_allocations DROP CONSTRAINT ck_attribution_allocations_channel_code_valid;
ALTER TABLE public.attribution_allocations RENAME COLUMN channel TO channel_code;

-- The mapping moves no money: the sum check would only refuse old events for reasons of their own.
--: backfill table=public.attribution_allocations triggers=trg_check_allocation_sum expect=matching
UPDATE public.attribution_allocations
SET channel_code = CASE channel_code
        WHEN 'google_search' THEN 'google_search_paid'
        WHEN 'paid_search' THEN 'google_search_paid'
        WHEN 'facebook_ads' THEN 'facebook_paid'
        WHEN 'social' THEN 'facebook_paid'
        WHEN 'display' THEN 'google_display_paid'
    END
WHERE channel_code IN ('google_search', 'paid_search', 'facebook_ads', 'social', 'display');
--: end

--: backfill table=public.attribution_allocations
DO $$
DECLARE
    strays bigint;
    codes text;
BEGIN
    SELECT count(*), string_agg(DISTINCT aa.channel_code, ', ' ORDER BY aa.channel_code)
    INTO strays, codes
    FROM public.attribution_allocations AS aa
    WHERE NOT EXISTS (SELECT FROM public.channel_taxonomy AS channel WHERE channel.code = aa.channel_code);
    IF strays > 0 THEN
        RAISE EXCEPTION '% allocation(s) use a channel that the taxonomy does not have: %', strays, codes;
    END IF;
END
$$;

ALTER TABLE public.attribution_allocations
    ADD CONSTRAINT fk_attribution_allocations_channel_code
        FOREIGN KEY (channel_code) REFERENCES public.channel_taxonomy (code);
--: end
