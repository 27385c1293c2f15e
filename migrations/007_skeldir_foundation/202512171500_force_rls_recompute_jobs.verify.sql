SELECT relrowsecurity AND relforcerowsecurity
FROM pg_catalog.pg_class
WHERE oid = 'public.attribution_recompute_jobs'::regclass;
