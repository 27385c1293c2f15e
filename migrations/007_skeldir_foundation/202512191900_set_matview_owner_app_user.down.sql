-- Back to whoever migrates: environments differ in the name of that role.
ALTER MATERIALIZED VIEW public.mv_daily_revenue_summary OWNER TO CURRENT_USER;
ALTER MATERIALIZED VIEW public.mv_channel_performance OWNER TO CURRENT_USER;
ALTER MATERIALIZED VIEW public.mv_allocation_summary OWNER TO CURRENT_USER;

-- Where app_user migrates and owns the tables, this would take the owner's own right.
DO $$
BEGIN
    IF current_user <> 'app_user' THEN
        REVOKE SELECT
            ON public.attribution_allocations, public.attribution_events, public.channel_taxonomy,
               public.revenue_ledger
            FROM app_user;
    END IF;
END
$$;
