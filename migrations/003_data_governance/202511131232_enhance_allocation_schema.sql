/*---
revision: 202511131232
parents: [202511131121]
message: Give allocations a ratio and a model version
---*/

ALTER TABLE public.attribution_allocations
    ADD COLUMN IF NOT EXISTS allocation_ratio numeric(6,5) NOT NULL DEFAULT 0.0,
    ADD COLUMN IF NOT EXISTS model_version text NOT NULL DEFAULT 'unknown';

ALTER TABLE public.attribution_allocations
    ADD CONSTRAINT ck_attribution_allocations_allocation_ratio_bounds
        CHECK (allocation_ratio >= 0 AND allocation_ratio <= 1),
    ADD CONSTRAINT ck_attribution_allocations_channel_code_valid
        CHECK (channel IN ('google_search', 'facebook_ads', 'direct', 'email', 'organic', 'referral',
                           'social', 'paid_search', 'display'));

CREATE UNIQUE INDEX idx_attribution_allocations_tenant_event_model_channel
    ON public.attribution_allocations (tenant_id, event_id, model_version, channel)
    WHERE model_version IS NOT NULL;
CREATE INDEX idx_attribution_allocations_tenant_model_version
    ON public.attribution_allocations (tenant_id, model_version);
