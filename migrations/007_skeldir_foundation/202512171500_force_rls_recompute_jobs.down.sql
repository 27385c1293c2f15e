ALTER TABLE public.attribution_recompute_jobs NO FORCE ROW LEVEL SECURITY;
