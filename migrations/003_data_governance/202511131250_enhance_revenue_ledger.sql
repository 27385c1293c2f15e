/*---
revision: 202511131250
parents: [202511131240]
message: Tie ledger rows to allocations
---*/

-- A new column that is null everywhere cannot violate its foreign key, so no row is read here.
ALTER TABLE public.revenue_ledger
    ADD COLUMN allocation_id uuid REFERENCES public.attribution_allocations (id) ON DELETE CASCADE,
    ADD COLUMN posted_at timestamptz NOT NULL DEFAULT now();

CREATE UNIQUE INDEX idx_revenue_ledger_tenant_allocation_id
    ON public.revenue_ledger (tenant_id, allocation_id)
    WHERE allocation_id IS NOT NULL;
