-- The roles stay: they belong to the cluster, and another database may depend on them.
-- Nothing is given back to PUBLIC, which had no privilege on a new table in the first place.
REVOKE SELECT ON public.mv_realtime_revenue, public.mv_reconciliation_status FROM app_rw, app_ro;
REVOKE SELECT ON
    public.attribution_events, public.dead_events, public.attribution_allocations,
    public.revenue_ledger, public.reconciliation_runs
    FROM app_ro;
REVOKE SELECT, INSERT, UPDATE, DELETE ON
    public.attribution_events, public.dead_events, public.attribution_allocations,
    public.revenue_ledger, public.reconciliation_runs
    FROM app_rw;
