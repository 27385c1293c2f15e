SELECT count(*) = 9 AND count(*) FILTER (WHERE is_paid) = 5 AND bool_and(is_active)
FROM public.channel_taxonomy
WHERE code IN ('facebook_paid', 'facebook_brand', 'google_search_paid', 'google_display_paid', 'tiktok_paid',
               'direct', 'organic', 'referral', 'email');
