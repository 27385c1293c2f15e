SELECT ispopulated
FROM pg_catalog.pg_matviews
WHERE schemaname = 'public' AND matviewname = 'mv_daily_revenue_summary';

SELECT indisunique AND indisvalid AND indpred IS NULL
FROM pg_catalog.pg_index
WHERE indexrelid = 'public.idx_mv_daily_revenue_summary_unique'::regclass;

-- No posting was hidden while the view was filled.
SELECT coalesce(sum(transaction_count), 0) = (
    SELECT count(*)
    FROM public.revenue_ledger
    WHERE state IN ('captured', 'refunded', 'chargeback')
)
FROM public.mv_daily_revenue_summary;
