SELECT has_table_privilege('app_rw', 'public.pii_audit_findings', 'SELECT')
   AND has_table_privilege('app_ro', 'public.pii_audit_findings', 'SELECT')
   AND NOT has_table_privilege('app_rw', 'public.pii_audit_findings', 'INSERT')
   AND has_sequence_privilege('app_rw', 'public.pii_audit_findings_id_seq', 'USAGE')
   AND NOT has_sequence_privilege('app_ro', 'public.pii_audit_findings_id_seq', 'USAGE');

SELECT prorettype = 'integer'::regtype AND NOT prosecdef
FROM pg_catalog.pg_proc
WHERE oid = 'public.fn_scan_pii_contamination'::regproc;

SELECT count(*) = 2
FROM pg_catalog.pg_indexes
WHERE schemaname = 'public' AND tablename = 'pii_audit_findings'
  AND indexname LIKE 'idx\_pii\_audit\_findings\_%';
