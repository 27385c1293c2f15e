GRANT UPDATE, DELETE ON public.attribution_events TO app_rw;
