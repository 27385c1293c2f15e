/*---
revision: 202511161120
parents: [202511161110]
message: Add a channel for what cannot be classified
---*/

INSERT INTO public.channel_taxonomy (code, family, is_paid, display_name, is_active)
VALUES ('unknown', 'direct', false, 'Unknown / Unclassified', true)
ON CONFLICT (code) DO NOTHING;
