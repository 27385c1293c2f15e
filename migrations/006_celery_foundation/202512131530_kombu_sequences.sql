/*---
revision: 202512131530
parents: [202512131200]
message: Name the sequences as the broker expects them
---*/

CREATE SEQUENCE IF NOT EXISTS public.queue_id_sequence;
CREATE SEQUENCE IF NOT EXISTS public.message_id_sequence;
CREATE SEQUENCE IF NOT EXISTS public.task_id_sequence;
CREATE SEQUENCE IF NOT EXISTS public.taskset_id_sequence;

-- Go on behind the largest id; over an empty table, begin with 1.
SELECT setval('public.queue_id_sequence', coalesce(max(id), 1), max(id) IS NOT NULL)
FROM public.kombu_queue;
SELECT setval('public.message_id_sequence', coalesce(max(id), 1), max(id) IS NOT NULL)
FROM public.kombu_message;
SELECT setval('public.task_id_sequence', coalesce(max(id), 1), max(id) IS NOT NULL)
FROM public.celery_taskmeta;
SELECT setval('public.taskset_id_sequence', coalesce(max(id), 1), max(id) IS NOT NULL)
FROM public.celery_tasksetmeta;

ALTER SEQUENCE public.queue_id_sequence OWNED BY public.kombu_queue.id;
ALTER SEQUENCE public.message_id_sequence OWNED BY public.kombu_message.id;
ALTER SEQUENCE public.task_id_sequence OWNED BY public.celery_taskmeta.id;
ALTER SEQUENCE public.taskset_id_sequence OWNED BY public.celery_tasksetmeta.id;

-- The serial sequences stay behind, owned and unused.
ALTER TABLE public.kombu_queue ALTER COLUMN id SET DEFAULT nextval('public.queue_id_sequence');
ALTER TABLE public.kombu_message ALTER COLUMN id SET DEFAULT nextval('public.message_id_sequence');
ALTER TABLE public.celery_taskmeta ALTER COLUMN id SET DEFAULT nextval('public.task_id_sequence');
ALTER TABLE public.celery_tasksetmeta ALTER COLUMN id SET DEFAULT nextval('public.taskset_id_sequence');

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'app_user') THEN
        GRANT USAGE, SELECT
            ON SEQUENCE public.queue_id_sequence, public.message_id_sequence,
                        public.task_id_sequence, public.taskset_id_sequence
            TO app_user;
    END IF;
END
$$;
