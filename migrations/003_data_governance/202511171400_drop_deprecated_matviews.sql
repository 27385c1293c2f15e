/*---
revision: 202511171400
parents: [202511171300]
message: Drop the views that were held to be deprecated
---*/

-- 202512201000 brings both back: the contract names five views.
DROP MATERIALIZED VIEW IF EXISTS public.mv_realtime_revenue CASCADE;
DROP MATERIALIZED VIEW IF EXISTS public.mv_reconciliation_status CASCADE;
