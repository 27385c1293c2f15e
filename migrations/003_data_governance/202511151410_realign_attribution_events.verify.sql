SELECT count(*) = 7
FROM pg_catalog.pg_attribute
WHERE attrelid = 'public.attribution_events'::regclass AND attnotnull
  AND attname IN ('idempotency_key', 'event_type', 'channel', 'event_timestamp', 'session_id',
                  'processing_status', 'retry_count');

SELECT count(*) = count(*) FILTER (
    WHERE starts_with(idempotency_key, tenant_id::text || ':')
      AND event_type = 'unknown' AND channel = 'unknown'
      AND event_timestamp = occurred_at AND conversion_value_cents = revenue_cents
      AND processing_status = 'processed' AND currency = 'USD' AND retry_count = 0
)
FROM public.attribution_events;

-- The backfill left the table as closed as it was.
SELECT relrowsecurity AND relforcerowsecurity
FROM pg_catalog.pg_class
WHERE oid = 'public.attribution_events'::regclass;

SELECT tgenabled = 'O'
FROM pg_catalog.pg_trigger
WHERE tgrelid = 'public.attribution_events'::regclass AND tgname = 'trg_events_prevent_mutation';

SELECT count(*) = 3
FROM pg_catalog.pg_indexes
WHERE schemaname = 'public' AND tablename = 'attribution_events'
  AND indexname IN ('idx_events_idempotency', 'idx_events_tenant_timestamp', 'idx_events_processing_status');
