SELECT convalidated AND pg_get_constraintdef(oid) = 'CHECK ((amount_cents >= 0))'
FROM pg_catalog.pg_constraint
WHERE conrelid = 'public.revenue_ledger'::regclass AND conname = 'ck_revenue_ledger_amount_positive';
