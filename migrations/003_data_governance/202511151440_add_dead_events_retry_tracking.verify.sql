SELECT count(*) = 5
FROM pg_catalog.pg_attribute
WHERE attrelid = 'public.dead_events'::regclass AND attnotnull
  AND attname IN ('event_type', 'error_type', 'error_message', 'retry_count', 'remediation_status');

SELECT count(*) = count(*) FILTER (
    WHERE event_type = 'unknown' AND error_type = 'legacy_error'
      AND retry_count = 0 AND remediation_status = 'pending'
)
FROM public.dead_events;

SELECT count(*) = 2
FROM pg_catalog.pg_constraint
WHERE conrelid = 'public.dead_events'::regclass AND convalidated
  AND conname IN ('ck_dead_events_remediation_status_valid', 'ck_dead_events_retry_count_positive');
