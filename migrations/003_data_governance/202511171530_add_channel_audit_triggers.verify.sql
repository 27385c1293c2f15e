-- 17: row level, AFTER, for UPDATE; tgqual holds the WHEN condition.
SELECT count(*) = 2
FROM pg_catalog.pg_trigger
JOIN pg_catalog.pg_proc ON pg_proc.oid = tgfoid
WHERE tgenabled = 'O' AND tgtype = 17 AND tgqual IS NOT NULL AND prosecdef
  AND (tgrelid, tgname) IN (
      ('public.channel_taxonomy'::regclass, 'trg_channel_taxonomy_state_audit'),
      ('public.attribution_allocations'::regclass, 'trg_allocations_channel_correction_audit'));
