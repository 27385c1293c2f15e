DROP TABLE public.celery_task_failures;
