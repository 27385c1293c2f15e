SELECT count(*) = 5
FROM pg_catalog.pg_class
WHERE relrowsecurity AND relforcerowsecurity
  AND oid IN ('public.attribution_events'::regclass, 'public.dead_events'::regclass,
              'public.attribution_allocations'::regclass, 'public.revenue_ledger'::regclass,
              'public.reconciliation_runs'::regclass);

-- Reads and writes obey the same test, and that test tolerates a missing setting.
SELECT count(*) = 5
FROM pg_catalog.pg_policies
WHERE schemaname = 'public'
  AND policyname = 'tenant_isolation_policy'
  AND tablename IN ('attribution_events', 'dead_events', 'attribution_allocations', 'revenue_ledger',
                    'reconciliation_runs')
  AND cmd = 'ALL' AND permissive = 'PERMISSIVE' AND roles = '{public}'
  AND qual = with_check
  AND qual LIKE '%current_setting(''app.current_tenant_id''::text, true)%';
