DROP TABLE public.attribution_recompute_jobs;
