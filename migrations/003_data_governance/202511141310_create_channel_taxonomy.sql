/*---
revision: 202511141310
parents: [202511141302]
message: Add the channel taxonomy
---*/

CREATE TABLE public.channel_taxonomy (
    code text PRIMARY KEY,
    family text NOT NULL,
    is_paid boolean NOT NULL,
    display_name text NOT NULL,
    is_active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE public.channel_taxonomy IS
    'The channels that credit may go to. Shared by all tenants, hence not under row security.';

INSERT INTO public.channel_taxonomy (code, family, is_paid, display_name)
VALUES
    ('facebook_paid', 'paid_social', true, 'Facebook Paid'),
    ('facebook_brand', 'paid_social', true, 'Facebook Brand'),
    ('google_search_paid', 'paid_search', true, 'Google Search Paid'),
    ('google_display_paid', 'paid_search', true, 'Google Display Paid'),
    ('tiktok_paid', 'paid_social', true, 'TikTok Paid'),
    ('direct', 'direct', false, 'Direct'),
    ('organic', 'organic', false, 'Organic'),
    ('referral', 'referral', false, 'Referral'),
    ('email', 'email', false, 'Email')
ON CONFLICT (code) DO NOTHING;
