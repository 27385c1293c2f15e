SELECT count(*) = 3
FROM pg_catalog.pg_attribute
WHERE attrelid = 'public.attribution_allocations'::regclass AND attnotnull
  AND attname IN ('model_type', 'confidence_score', 'verified');

SELECT count(*) = count(*) FILTER (
    WHERE model_type = 'unknown' AND NOT verified
      AND confidence_score = least(allocation_ratio, 1)::numeric(4,3)
)
FROM public.attribution_allocations;

SELECT tgenabled = 'O'
FROM pg_catalog.pg_trigger
WHERE tgrelid = 'public.attribution_allocations'::regclass AND tgname = 'trg_check_allocation_sum';

-- Three key columns, two carried along.
SELECT indisvalid AND indnkeyatts = 3 AND indnatts = 5
FROM pg_catalog.pg_index
WHERE indexrelid = 'public.idx_allocations_channel_performance'::regclass;
