SELECT convalidated AND confdeltype = 'c' AND confrelid = 'public.attribution_allocations'::regclass
FROM pg_catalog.pg_constraint
WHERE conrelid = 'public.revenue_ledger'::regclass AND conname = 'revenue_ledger_allocation_id_fkey';

SELECT attnotnull
FROM pg_catalog.pg_attribute
WHERE attrelid = 'public.revenue_ledger'::regclass AND attname = 'posted_at';

SELECT indisunique AND indisvalid
FROM pg_catalog.pg_index
WHERE indexrelid = 'public.idx_revenue_ledger_tenant_allocation_id'::regclass;
