/*---
revision: 202512151410
parents: [202512151400]
# Both revisions add the same columns, with different types. Whichever runs first decides, so the order
# is declared: the columns belong to 202511131232, and nothing below changes anything.
depends-on: [202511131232]
message: Make sure that allocations have a ratio and a model version
---*/

ALTER TABLE public.attribution_allocations
    ADD COLUMN IF NOT EXISTS allocation_ratio numeric(10,6) NOT NULL DEFAULT 0.0,
    ADD COLUMN IF NOT EXISTS model_version text NOT NULL DEFAULT '''1.0.0''';

DO $$
BEGIN
    IF to_regclass('public.idx_attribution_allocations_event_model_channel') IS NOT NULL
        OR to_regclass('public.idx_attribution_allocations_tenant_event_model_channel') IS NOT NULL
    THEN
        RETURN;
    END IF;

    IF EXISTS (
        SELECT FROM pg_catalog.pg_attribute
        WHERE attrelid = 'public.attribution_allocations'::regclass
          AND attname = 'channel_code' AND NOT attisdropped
    ) THEN
        CREATE UNIQUE INDEX idx_attribution_allocations_event_model_channel
            ON public.attribution_allocations (tenant_id, event_id, model_version, channel_code);
    ELSIF EXISTS (
        SELECT FROM pg_catalog.pg_attribute
        WHERE attrelid = 'public.attribution_allocations'::regclass
          AND attname = 'channel' AND NOT attisdropped
    ) THEN
        CREATE UNIQUE INDEX idx_attribution_allocations_event_model_channel
            ON public.attribution_allocations (tenant_id, event_id, model_version, channel);
    ELSE
        RAISE EXCEPTION 'attribution_allocations has neither channel_code nor channel';
    END IF;
END
$$;
