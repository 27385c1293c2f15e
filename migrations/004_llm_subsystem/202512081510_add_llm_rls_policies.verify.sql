SELECT count(*) = 7
FROM pg_catalog.pg_class
WHERE relrowsecurity AND relforcerowsecurity
  AND oid IN ('public.llm_api_calls'::regclass, 'public.llm_monthly_costs'::regclass,
              'public.investigations'::regclass, 'public.investigation_tool_calls'::regclass,
              'public.explanation_cache'::regclass, 'public.budget_optimization_jobs'::regclass,
              'public.llm_validation_failures'::regclass);

SELECT count(*) = 7
FROM pg_catalog.pg_policies
WHERE schemaname = 'public'
  AND policyname = 'tenant_isolation_policy'
  AND tablename IN ('llm_api_calls', 'llm_monthly_costs', 'investigations', 'investigation_tool_calls',
                    'explanation_cache', 'budget_optimization_jobs', 'llm_validation_failures')
  AND cmd = 'ALL' AND roles = '{public}'
  AND qual = with_check
  AND qual LIKE '%current_setting(''app.current_tenant_id''::text, true)%';
