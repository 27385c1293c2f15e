SELECT to_regclass('public.celery_task_failures') IS NULL
   AND to_regclass('public.worker_failed_jobs') IS NOT NULL;

SELECT count(*) = 6
   AND count(*) FILTER (WHERE indexname LIKE 'idx\_worker\_failed\_jobs\_%') = 2
FROM pg_catalog.pg_indexes
WHERE schemaname = 'public' AND tablename = 'worker_failed_jobs';

SELECT count(*) = 2 AND bool_and(conname LIKE 'ck\_worker\_failed\_jobs\_%')
FROM pg_catalog.pg_constraint
WHERE conrelid = 'public.worker_failed_jobs'::regclass AND contype = 'c';
