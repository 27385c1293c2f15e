/*---
revision: 202512191900
parents: [6c5d5f5534ef]
message: Let app_user refresh the materialized views
---*/

-- Only the owner may refresh, and the refresh reads as the owner: ownership without SELECT on the
-- sources would fail just as SELECT without ownership.
GRANT SELECT ON
    public.attribution_allocations, public.attribution_events, public.channel_taxonomy, public.revenue_ledger
    TO app_user;

ALTER MATERIALIZED VIEW public.mv_allocation_summary OWNER TO app_user;
ALTER MATERIALIZED VIEW public.mv_channel_performance OWNER TO app_user;
ALTER MATERIALIZED VIEW public.mv_daily_revenue_summary OWNER TO app_user;
