-- 27: row level, BEFORE, for UPDATE and DELETE.
SELECT tgenabled = 'O' AND tgtype = 27 AND tgfoid = 'public.fn_ledger_prevent_mutation'::regproc
FROM pg_catalog.pg_trigger
WHERE tgrelid = 'public.revenue_ledger'::regclass AND tgname = 'trg_ledger_prevent_mutation';
