ALTER TABLE public.revenue_ledger ALTER COLUMN allocation_id DROP NOT NULL;
