DROP TABLE public.reconciliation_runs;
DROP TABLE public.revenue_ledger;
DROP TABLE public.attribution_allocations;
DROP TABLE public.dead_events;
DROP TABLE public.attribution_events;
DROP TABLE public.tenants;
