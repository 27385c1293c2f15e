-- 27: row level, BEFORE, for UPDATE and DELETE.
SELECT tgenabled = 'O' AND tgtype = 27 AND tgfoid = 'public.fn_events_prevent_mutation'::regproc
FROM pg_catalog.pg_trigger
WHERE tgrelid = 'public.attribution_events'::regclass AND tgname = 'trg_events_prevent_mutation';
