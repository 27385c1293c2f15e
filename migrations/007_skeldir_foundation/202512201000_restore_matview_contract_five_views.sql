/*---
revision: 202512201000
parents: [202512191900]
message: Restore the contract of five materialized views
---*/

-- Filling the views reads tables under row security.
--: backfill table=public.revenue_ledger
CREATE MATERIALIZED VIEW public.mv_realtime_revenue AS
SELECT
    tenant_id,
    coalesce(sum(coalesce(amount_cents, revenue_cents)), 0) / 100.0 AS total_revenue,
    bool_or(coalesce(is_verified, false)) AS verified,
    extract(epoch FROM now() - max(updated_at))::integer AS data_freshness_seconds
FROM public.revenue_ledger
GROUP BY tenant_id;
--: end
COMMENT ON MATERIALIZED VIEW public.mv_realtime_revenue IS
    'Revenue per tenant, and how fresh it is. INVARIANT: five-view-contract';
CREATE UNIQUE INDEX idx_mv_realtime_revenue_tenant_id ON public.mv_realtime_revenue (tenant_id);

--: backfill table=public.reconciliation_runs
CREATE MATERIALIZED VIEW public.mv_reconciliation_status AS
SELECT
    run.tenant_id,
    run.state,
    run.last_run_at,
    run.id AS reconciliation_run_id
FROM public.reconciliation_runs AS run
WHERE run.last_run_at = (
    SELECT max(other.last_run_at)
    FROM public.reconciliation_runs AS other
    WHERE other.tenant_id = run.tenant_id
);
--: end
COMMENT ON MATERIALIZED VIEW public.mv_reconciliation_status IS
    'The latest reconciliation run of each tenant. INVARIANT: five-view-contract';
CREATE UNIQUE INDEX idx_mv_reconciliation_status_tenant_id ON public.mv_reconciliation_status (tenant_id);

GRANT SELECT ON public.revenue_ledger, public.reconciliation_runs TO app_user;

ALTER MATERIALIZED VIEW public.mv_allocation_summary OWNER TO app_user;
ALTER MATERIALIZED VIEW public.mv_channel_performance OWNER TO app_user;
ALTER MATERIALIZED VIEW public.mv_daily_revenue_summary OWNER TO app_user;
ALTER MATERIALIZED VIEW public.mv_realtime_revenue OWNER TO app_user;
ALTER MATERIALIZED VIEW public.mv_reconciliation_status OWNER TO app_user;
