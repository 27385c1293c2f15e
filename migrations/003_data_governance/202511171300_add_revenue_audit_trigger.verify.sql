SELECT attnotnull
FROM pg_catalog.pg_attribute
WHERE attrelid = 'public.revenue_state_transitions'::regclass AND attname = 'tenant_id';

SELECT count(*) = 0
FROM public.revenue_state_transitions AS transition
JOIN public.revenue_ledger AS ledger ON ledger.id = transition.ledger_id
WHERE ledger.tenant_id <> transition.tenant_id;

SELECT relrowsecurity AND relforcerowsecurity
FROM pg_catalog.pg_class
WHERE oid = 'public.revenue_state_transitions'::regclass;

SELECT qual = with_check AND qual LIKE '%current_setting(''app.current_tenant_id''::text, true)%'
FROM pg_catalog.pg_policies
WHERE schemaname = 'public' AND tablename = 'revenue_state_transitions'
  AND policyname = 'tenant_isolation_policy';

SELECT tgenabled = 'O' AND prosecdef
FROM pg_catalog.pg_trigger
JOIN pg_catalog.pg_proc ON pg_proc.oid = tgfoid
WHERE tgrelid = 'public.revenue_ledger'::regclass AND tgname = 'trg_revenue_ledger_state_audit';
