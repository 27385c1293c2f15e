-- 31: row level, BEFORE, for INSERT, UPDATE and DELETE.
SELECT count(*) = 2
FROM pg_catalog.pg_trigger
WHERE tgenabled = 'O' AND tgtype = 31 AND tgfoid = 'public.fn_block_worker_ingestion_mutation'::regproc
  AND (tgrelid, tgname) IN (
      ('public.attribution_events'::regclass, 'trg_block_worker_mutation_events'),
      ('public.dead_events'::regclass, 'trg_block_worker_mutation_dead_events'));
