SELECT has_table_privilege('app_user', 'public.attribution_recompute_jobs', 'SELECT')
   AND has_table_privilege('app_user', 'public.attribution_recompute_jobs', 'INSERT')
   AND has_table_privilege('app_user', 'public.attribution_recompute_jobs', 'UPDATE')
   AND NOT has_table_privilege('app_user', 'public.attribution_recompute_jobs', 'DELETE');

SELECT relrowsecurity
FROM pg_catalog.pg_class
WHERE oid = 'public.attribution_recompute_jobs'::regclass;

SELECT qual = with_check AND qual LIKE '%current_setting(''app.current_tenant_id''::text, true)%'
FROM pg_catalog.pg_policies
WHERE schemaname = 'public' AND tablename = 'attribution_recompute_jobs'
  AND policyname = 'attribution_recompute_jobs_tenant_isolation';

SELECT indisunique AND indisvalid
FROM pg_catalog.pg_index
WHERE indexrelid = 'public.idx_attribution_recompute_jobs_window_identity'::regclass;
