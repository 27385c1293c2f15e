GRANT UPDATE, DELETE ON public.revenue_ledger TO app_rw;
