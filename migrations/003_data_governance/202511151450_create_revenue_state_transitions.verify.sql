SELECT confrelid = 'public.revenue_ledger'::regclass AND confdeltype = 'c'
FROM pg_catalog.pg_constraint
WHERE conrelid = 'public.revenue_state_transitions'::regclass
  AND conname = 'revenue_state_transitions_ledger_id_fkey';

SELECT indisvalid
FROM pg_catalog.pg_index
WHERE indexrelid = 'public.idx_revenue_state_transitions_ledger_id'::regclass;
