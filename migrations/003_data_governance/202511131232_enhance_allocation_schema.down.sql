DROP INDEX public.idx_attribution_allocations_tenant_model_version;
DROP INDEX public.idx_attribution_allocations_tenant_event_model_channel;
ALTER TABLE public.attribution_allocations
    DROP CONSTRAINT ck_attribution_allocations_channel_code_valid,
    DROP CONSTRAINT ck_attribution_allocations_allocation_ratio_bounds;
ALTER TABLE public.attribution_allocations
    DROP COLUMN model_version,
    DROP COLUMN allocation_ratio;
