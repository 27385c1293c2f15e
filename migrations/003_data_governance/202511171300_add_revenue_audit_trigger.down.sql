DROP TRIGGER trg_revenue_ledger_state_audit ON public.revenue_ledger;
DROP FUNCTION public.fn_log_revenue_state_change();
DROP POLICY tenant_isolation_policy ON public.revenue_state_transitions;
ALTER TABLE public.revenue_state_transitions NO FORCE ROW LEVEL SECURITY;
ALTER TABLE public.revenue_state_transitions DISABLE ROW LEVEL SECURITY;
DROP INDEX public.idx_revenue_state_transitions_tenant_id;
-- The tenant stays known through the ledger row.
ALTER TABLE public.revenue_state_transitions DROP COLUMN tenant_id;
