/*---
revision: 202511151430
parents: [202511151420]
message: Realign revenue_ledger with the canonical schema
---*/

ALTER TABLE public.revenue_ledger
    ADD COLUMN transaction_id varchar(255),
    ADD COLUMN order_id varchar(255),
    ADD COLUMN state varchar(50),
    ADD COLUMN previous_state varchar(50),
    ADD COLUMN amount_cents integer,
    ADD COLUMN currency varchar(3) DEFAULT 'USD',
    ADD COLUMN verification_source varchar(50),
    ADD COLUMN verification_timestamp timestamptz,
    ADD COLUMN metadata jsonb;

--: backfill table=public.revenue_ledger triggers=trg_ledger_prevent_mutation expect=all
UPDATE public.revenue_ledger
SET transaction_id = coalesce(transaction_id, 'legacy_' || id),
    state = coalesce(state, CASE WHEN is_verified THEN 'captured' ELSE 'authorized' END),
    amount_cents = coalesce(amount_cents, revenue_cents),
    currency = coalesce(currency, 'USD'),
    verification_source = coalesce(verification_source, 'legacy_migration'),
    verification_timestamp = coalesce(verification_timestamp, verified_at, created_at, now());
--: end

ALTER TABLE public.revenue_ledger
    ALTER COLUMN transaction_id SET NOT NULL,
    ALTER COLUMN state SET NOT NULL,
    ALTER COLUMN amount_cents SET NOT NULL,
    ALTER COLUMN currency SET NOT NULL,
    ALTER COLUMN verification_source SET NOT NULL,
    ALTER COLUMN verification_timestamp SET NOT NULL,
    ADD CONSTRAINT ck_revenue_ledger_state_valid
        CHECK (state IN ('authorized', 'captured', 'refunded', 'chargeback'));

CREATE UNIQUE INDEX idx_revenue_ledger_transaction_id ON public.revenue_ledger (transaction_id);
CREATE INDEX idx_revenue_ledger_state ON public.revenue_ledger (state);
CREATE INDEX idx_revenue_ledger_tenant_state ON public.revenue_ledger (tenant_id, state, created_at DESC);
