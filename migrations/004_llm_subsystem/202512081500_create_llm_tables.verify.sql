SELECT count(*) = 7
FROM pg_catalog.pg_constraint
WHERE contype = 'f' AND confdeltype = 'c' AND confrelid = 'public.tenants'::regclass
  AND conrelid IN ('public.llm_api_calls'::regclass, 'public.llm_monthly_costs'::regclass,
                   'public.investigations'::regclass, 'public.investigation_tool_calls'::regclass,
                   'public.explanation_cache'::regclass, 'public.budget_optimization_jobs'::regclass,
                   'public.llm_validation_failures'::regclass);

SELECT count(*) = 2
FROM pg_catalog.pg_constraint
WHERE contype = 'u'
  AND conname IN ('llm_monthly_costs_tenant_id_month_key',
                  'explanation_cache_tenant_id_entity_type_entity_id_key');

SELECT count(*) = 10
FROM pg_catalog.pg_indexes
WHERE schemaname = 'public'
  AND indexname IN ('idx_llm_calls_tenant_endpoint', 'idx_llm_calls_tenant_created_at',
                    'idx_llm_monthly_tenant_month', 'idx_investigations_tenant_status',
                    'idx_tool_calls_investigation', 'idx_tool_calls_tenant', 'idx_explanation_cache_lookup',
                    'idx_budget_jobs_tenant_status', 'idx_llm_failures_tenant_endpoint',
                    'idx_llm_failures_created_at');
