DROP POLICY tenant_isolation_policy ON public.reconciliation_runs;
ALTER TABLE public.reconciliation_runs NO FORCE ROW LEVEL SECURITY;
ALTER TABLE public.reconciliation_runs DISABLE ROW LEVEL SECURITY;

DROP POLICY tenant_isolation_policy ON public.revenue_ledger;
ALTER TABLE public.revenue_ledger NO FORCE ROW LEVEL SECURITY;
ALTER TABLE public.revenue_ledger DISABLE ROW LEVEL SECURITY;

DROP POLICY tenant_isolation_policy ON public.attribution_allocations;
ALTER TABLE public.attribution_allocations NO FORCE ROW LEVEL SECURITY;
ALTER TABLE public.attribution_allocations DISABLE ROW LEVEL SECURITY;

DROP POLICY tenant_isolation_policy ON public.dead_events;
ALTER TABLE public.dead_events NO FORCE ROW LEVEL SECURITY;
ALTER TABLE public.dead_events DISABLE ROW LEVEL SECURITY;

DROP POLICY tenant_isolation_policy ON public.attribution_events;
ALTER TABLE public.attribution_events NO FORCE ROW LEVEL SECURITY;
ALTER TABLE public.attribution_events DISABLE ROW LEVEL SECURITY;
