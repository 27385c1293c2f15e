SELECT relrowsecurity AND NOT relforcerowsecurity
FROM pg_catalog.pg_class
WHERE oid = 'public.celery_task_failures'::regclass;

SELECT roles = '{app_user}' AND cmd = 'ALL' AND with_check IS NULL
   AND qual LIKE '%current_setting(''app.current_tenant_id''::text, true)%'
FROM pg_catalog.pg_policies
WHERE schemaname = 'public' AND tablename = 'celery_task_failures' AND policyname = 'tenant_isolation_policy';

-- The default must be one of the values that the CHECK allows.
SELECT pg_get_expr(preset.adbin, preset.adrelid) = '''pending''::character varying'
FROM pg_catalog.pg_attribute AS attribute
JOIN pg_catalog.pg_attrdef AS preset ON preset.adrelid = attribute.attrelid AND preset.adnum = attribute.attnum
WHERE attribute.attrelid = 'public.celery_task_failures'::regclass AND attribute.attname = 'status';

SELECT has_table_privilege('app_user', 'public.celery_task_failures', 'INSERT')
   AND has_table_privilege('app_user', 'public.celery_task_failures', 'DELETE');
