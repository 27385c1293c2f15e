DROP TABLE public.celery_tasksetmeta;
DROP TABLE public.celery_taskmeta;
DROP TABLE public.kombu_message;
DROP TABLE public.kombu_queue;
