SELECT relrowsecurity AND relforcerowsecurity
FROM pg_catalog.pg_class
WHERE oid = 'public.channel_assignment_corrections'::regclass;

SELECT qual = with_check AND qual LIKE '%current_setting(''app.current_tenant_id''::text, true)%'
FROM pg_catalog.pg_policies
WHERE schemaname = 'public' AND tablename = 'channel_assignment_corrections'
  AND policyname = 'tenant_isolation_policy';

SELECT count(*) = 3
FROM pg_catalog.pg_constraint
WHERE conrelid = 'public.channel_assignment_corrections'::regclass
  AND conname IN ('channel_assignment_corrections_tenant_id_fkey',
                  'channel_assignment_corrections_to_channel_fkey',
                  'channel_assignment_corrections_entity_type_check');
