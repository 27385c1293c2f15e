SELECT count(*) = 1
FROM pg_catalog.pg_trigger
WHERE tgrelid = 'public.attribution_allocations'::regclass
  AND tgname = 'trg_check_allocation_sum'
  AND tgfoid = 'public.check_allocation_sum'::regproc
  AND tgenabled = 'O';

SELECT ispopulated
FROM pg_catalog.pg_matviews
WHERE schemaname = 'public' AND matviewname = 'mv_allocation_summary';

-- One row per event and model: none was hidden while the view was filled.
SELECT count(*) = (SELECT count(DISTINCT (event_id, model_version)) FROM public.attribution_allocations)
FROM public.mv_allocation_summary;
