/*---
revision: 202511151510
parents: [202511151500]
message: Add the daily revenue view
---*/

-- Filling the view reads a table under row security.
--: backfill table=public.revenue_ledger
CREATE MATERIALIZED VIEW public.mv_daily_revenue_summary AS
SELECT
    tenant_id,
    date_trunc('day', verification_timestamp) AS revenue_date,
    state,
    currency,
    sum(amount_cents) AS total_amount_cents,
    count(*) AS transaction_count
FROM public.revenue_ledger
WHERE state IN ('captured', 'refunded', 'chargeback')
GROUP BY tenant_id, date_trunc('day', verification_timestamp), state, currency;
--: end
COMMENT ON MATERIALIZED VIEW public.mv_daily_revenue_summary IS
    'Settled amounts per day, state and currency. INVARIANT: five-view-contract';
CREATE UNIQUE INDEX idx_mv_daily_revenue_summary_unique
    ON public.mv_daily_revenue_summary (tenant_id, revenue_date, state, currency);
