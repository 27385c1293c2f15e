ALTER TABLE public.revenue_ledger DROP CONSTRAINT IF EXISTS ck_revenue_ledger_amount_positive;
