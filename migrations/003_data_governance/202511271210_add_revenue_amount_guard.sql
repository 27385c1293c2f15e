/*---
revision: 202511271210
parents: [202511171530]
message: Refuse negative ledger amounts
---*/

DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_catalog.pg_constraint
        WHERE conrelid = 'public.revenue_ledger'::regclass
          AND conname = 'ck_revenue_ledger_amount_positive'
    ) THEN
        ALTER TABLE public.revenue_ledger
            ADD CONSTRAINT ck_revenue_ledger_amount_positive CHECK (amount_cents >= 0);
    END IF;
END
$$;
