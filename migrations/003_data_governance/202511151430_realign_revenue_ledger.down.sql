DROP INDEX public.idx_revenue_ledger_tenant_state;
DROP INDEX public.idx_revenue_ledger_state;
DROP INDEX public.idx_revenue_ledger_transaction_id;
ALTER TABLE public.revenue_ledger DROP CONSTRAINT ck_revenue_ledger_state_valid;
ALTER TABLE public.revenue_ledger
    DROP COLUMN metadata,
    DROP COLUMN verification_timestamp,
    DROP COLUMN verification_source,
    DROP COLUMN currency,
    DROP COLUMN amount_cents,
    DROP COLUMN previous_state,
    DROP COLUMN state,
    DROP COLUMN order_id,
    DROP COLUMN transaction_id;
