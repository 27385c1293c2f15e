-- The serial sequences have stood still meanwhile; they catch up before they are used again.
SELECT setval('public.kombu_queue_id_seq', coalesce(max(id), 1), max(id) IS NOT NULL)
FROM public.kombu_queue;
SELECT setval('public.kombu_message_id_seq', coalesce(max(id), 1), max(id) IS NOT NULL)
FROM public.kombu_message;
SELECT setval('public.celery_taskmeta_id_seq', coalesce(max(id), 1), max(id) IS NOT NULL)
FROM public.celery_taskmeta;
SELECT setval('public.celery_tasksetmeta_id_seq', coalesce(max(id), 1), max(id) IS NOT NULL)
FROM public.celery_tasksetmeta;

ALTER TABLE public.celery_tasksetmeta ALTER COLUMN id SET DEFAULT nextval('public.celery_tasksetmeta_id_seq');
ALTER TABLE public.celery_taskmeta ALTER COLUMN id SET DEFAULT nextval('public.celery_taskmeta_id_seq');
ALTER TABLE public.kombu_message ALTER COLUMN id SET DEFAULT nextval('public.kombu_message_id_seq');
ALTER TABLE public.kombu_queue ALTER COLUMN id SET DEFAULT nextval('public.kombu_queue_id_seq');

DROP SEQUENCE public.taskset_id_sequence;
DROP SEQUENCE public.task_id_sequence;
DROP SEQUENCE public.message_id_sequence;
DROP SEQUENCE public.queue_id_sequence;
