/*---
revision: 202511131121
parents: [202511131120]
message: Add the roles and their grants on the core tables
---*/

-- Roles belong to the cluster, so another database may have made them already.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'app_user') THEN
        CREATE ROLE app_user;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'app_rw') THEN
        CREATE ROLE app_rw;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'app_ro') THEN
        CREATE ROLE app_ro;
    END IF;
END
$$;

REVOKE ALL ON
    public.attribution_events, public.dead_events, public.attribution_allocations,
    public.revenue_ledger, public.reconciliation_runs,
    public.mv_realtime_revenue, public.mv_reconciliation_status
    FROM PUBLIC;

GRANT SELECT, INSERT, UPDATE, DELETE ON
    public.attribution_events, public.dead_events, public.attribution_allocations,
    public.revenue_ledger, public.reconciliation_runs
    TO app_rw;
GRANT SELECT ON
    public.attribution_events, public.dead_events, public.attribution_allocations,
    public.revenue_ledger, public.reconciliation_runs
    TO app_ro;

GRANT SELECT ON public.mv_realtime_revenue, public.mv_reconciliation_status TO app_rw, app_ro;
