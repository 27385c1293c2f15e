DROP POLICY tenant_isolation_policy ON public.llm_validation_failures;
ALTER TABLE public.llm_validation_failures NO FORCE ROW LEVEL SECURITY;
ALTER TABLE public.llm_validation_failures DISABLE ROW LEVEL SECURITY;

DROP POLICY tenant_isolation_policy ON public.budget_optimization_jobs;
ALTER TABLE public.budget_optimization_jobs NO FORCE ROW LEVEL SECURITY;
ALTER TABLE public.budget_optimization_jobs DISABLE ROW LEVEL SECURITY;

DROP POLICY tenant_isolation_policy ON public.explanation_cache;
ALTER TABLE public.explanation_cache NO FORCE ROW LEVEL SECURITY;
ALTER TABLE public.explanation_cache DISABLE ROW LEVEL SECURITY;

DROP POLICY tenant_isolation_policy ON public.investigation_tool_calls;
ALTER TABLE public.investigation_tool_calls NO FORCE ROW LEVEL SECURITY;
ALTER TABLE public.investigation_tool_calls DISABLE ROW LEVEL SECURITY;

DROP POLICY tenant_isolation_policy ON public.investigations;
ALTER TABLE public.investigations NO FORCE ROW LEVEL SECURITY;
ALTER TABLE public.investigations DISABLE ROW LEVEL SECURITY;

DROP POLICY tenant_isolation_policy ON public.llm_monthly_costs;
ALTER TABLE public.llm_monthly_costs NO FORCE ROW LEVEL SECURITY;
ALTER TABLE public.llm_monthly_costs DISABLE ROW LEVEL SECURITY;

DROP POLICY tenant_isolation_policy ON public.llm_api_calls;
ALTER TABLE public.llm_api_calls NO FORCE ROW LEVEL SECURITY;
ALTER TABLE public.llm_api_calls DISABLE ROW LEVEL SECURITY;
