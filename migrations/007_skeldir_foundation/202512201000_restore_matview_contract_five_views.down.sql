-- The other three views and the grant on revenue_ledger belong to 202512191900.
-- Where app_user migrates and owns the tables, this would take the owner's own right.
DO $$
BEGIN
    IF current_user <> 'app_user' THEN
        REVOKE SELECT ON public.reconciliation_runs FROM app_user;
    END IF;
END
$$;
DROP MATERIALIZED VIEW public.mv_reconciliation_status;
DROP MATERIALIZED VIEW public.mv_realtime_revenue;
