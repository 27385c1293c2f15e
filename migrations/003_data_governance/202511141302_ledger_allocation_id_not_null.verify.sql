SELECT attnotnull
FROM pg_catalog.pg_attribute
WHERE attrelid = 'public.revenue_ledger'::regclass AND attname = 'allocation_id';
