/*---
revision: 202511131120
parents: [202511131119]
message: Isolate the core tables by tenant
---*/

-- The setting is read with "missing is OK": without a tenant nothing is visible, and nothing fails.
-- FORCE binds the owner as well; from here on a plain owner sees no row without a tenant.

ALTER TABLE public.attribution_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.attribution_events FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation_policy ON public.attribution_events
    USING (tenant_id = current_setting('app.current_tenant_id', true)::uuid)
    WITH CHECK (tenant_id = current_setting('app.current_tenant_id', true)::uuid);

ALTER TABLE public.dead_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.dead_events FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation_policy ON public.dead_events
    USING (tenant_id = current_setting('app.current_tenant_id', true)::uuid)
    WITH CHECK (tenant_id = current_setting('app.current_tenant_id', true)::uuid);

ALTER TABLE public.attribution_allocations ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.attribution_allocations FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation_policy ON public.attribution_allocations
    USING (tenant_id = current_setting('app.current_tenant_id', true)::uuid)
    WITH CHECK (tenant_id = current_setting('app.current_tenant_id', true)::uuid);

ALTER TABLE public.revenue_ledger ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.revenue_ledger FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation_policy ON public.revenue_ledger
    USING (tenant_id = current_setting('app.current_tenant_id', true)::uuid)
    WITH CHECK (tenant_id = current_setting('app.current_tenant_id', true)::uuid);

ALTER TABLE public.reconciliation_runs ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.reconciliation_runs FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation_policy ON public.reconciliation_runs
    USING (tenant_id = current_setting('app.current_tenant_id', true)::uuid)
    WITH CHECK (tenant_id = current_setting('app.current_tenant_id', true)::uuid);
