DROP INDEX public.idx_events_processing_status;
DROP INDEX public.idx_events_tenant_timestamp;
CREATE UNIQUE INDEX idx_attribution_events_tenant_correlation_id
    ON public.attribution_events (tenant_id, correlation_id)
    WHERE correlation_id IS NOT NULL AND external_event_id IS NULL;
CREATE UNIQUE INDEX idx_attribution_events_tenant_external_event_id
    ON public.attribution_events (tenant_id, external_event_id)
    WHERE external_event_id IS NOT NULL;
DROP INDEX public.idx_events_idempotency;
ALTER TABLE public.attribution_events ALTER COLUMN session_id DROP NOT NULL;
ALTER TABLE public.attribution_events
    DROP COLUMN retry_count,
    DROP COLUMN processing_status,
    DROP COLUMN processed_at,
    DROP COLUMN event_timestamp,
    DROP COLUMN currency,
    DROP COLUMN conversion_value_cents,
    DROP COLUMN campaign_id,
    DROP COLUMN channel,
    DROP COLUMN event_type,
    DROP COLUMN idempotency_key;
