/*---
revision: 202512081510
parents: [202512081500]
message: Isolate the language model tables by tenant
---*/

ALTER TABLE public.llm_api_calls ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.llm_api_calls FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation_policy ON public.llm_api_calls
    USING (tenant_id = current_setting('app.current_tenant_id', true)::uuid)
    WITH CHECK (tenant_id = current_setting('app.current_tenant_id', true)::uuid);

ALTER TABLE public.llm_monthly_costs ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.llm_monthly_costs FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation_policy ON public.llm_monthly_costs
    USING (tenant_id = current_setting('app.current_tenant_id', true)::uuid)
    WITH CHECK (tenant_id = current_setting('app.current_tenant_id', true)::uuid);

ALTER TABLE public.investigations ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.investigations FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation_policy ON public.investigations
    USING (tenant_id = current_setting('app.current_tenant_id', true)::uuid)
    WITH CHECK (tenant_id = current_setting('app.current_tenant_id', true)::uuid);

ALTER TABLE public.investigation_tool_calls ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.investigation_tool_calls FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation_policy ON public.investigation_tool_calls
    USING (tenant_id = current_setting('app.current_tenant_id', true)::uuid)
    WITH CHECK (tenant_id = current_setting('app.current_tenant_id', true)::uuid);

ALTER TABLE public.explanation_cache ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.explanation_cache FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation_policy ON public.explanation_cache
    USING (tenant_id = current_setting('app.current_tenant_id', true)::uuid)
    WITH CHECK (tenant_id = current_setting('app.current_tenant_id', true)::uuid);

ALTER TABLE public.budget_optimization_jobs ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.budget_optimization_jobs FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation_policy ON public.budget_optimization_jobs
    USING (tenant_id = current_setting('app.current_tenant_id', true)::uuid)
    WITH CHECK (tenant_id = current_setting('app.current_tenant_id', true)::uuid);

ALTER TABLE public.llm_validation_failures ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.llm_validation_failures FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation_policy ON public.llm_validation_failures
    USING (tenant_id = current_setting('app.current_tenant_id', true)::uuid)
    WITH CHECK (tenant_id = current_setting('app.current_tenant_id', true)::uuid);
