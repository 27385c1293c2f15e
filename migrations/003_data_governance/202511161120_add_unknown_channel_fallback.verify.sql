SELECT family = 'direct' AND NOT is_paid AND is_active AND display_name = 'Unknown / Unclassified'
FROM public.channel_taxonomy
WHERE code = 'unknown';
