/*---
revision: 202512151200
parents: [202512131600]
message: Call failed jobs by their canonical name
---*/

ALTER TABLE public.celery_task_failures RENAME TO worker_failed_jobs;
ALTER INDEX public.idx_celery_task_failures_status RENAME TO idx_worker_failed_jobs_status;
ALTER INDEX public.idx_celery_task_failures_task_name RENAME TO idx_worker_failed_jobs_task_name;
ALTER TABLE public.worker_failed_jobs
    RENAME CONSTRAINT ck_celery_task_failures_status_valid TO ck_worker_failed_jobs_status_valid;
ALTER TABLE public.worker_failed_jobs
    RENAME CONSTRAINT ck_celery_task_failures_retry_count_positive TO ck_worker_failed_jobs_retry_count_positive;
-- The primary key and the three ix_public_celery_task_failures_* keep their names in the canonical schema.
