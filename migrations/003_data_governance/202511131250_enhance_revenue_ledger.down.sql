DROP INDEX public.idx_revenue_ledger_tenant_allocation_id;
ALTER TABLE public.revenue_ledger
    DROP COLUMN posted_at,
    DROP COLUMN allocation_id;
