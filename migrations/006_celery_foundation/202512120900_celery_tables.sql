/*---
revision: 202512120900
parents: [202511131121]
labels: [celery_foundation]
message: Add the tables of the task queue
---*/

CREATE TABLE public.kombu_queue (
    id serial PRIMARY KEY,
    name varchar(200) NOT NULL UNIQUE
);
COMMENT ON TABLE public.kombu_queue IS
    'Queues of the message broker.';

CREATE TABLE public.kombu_message (
    id serial PRIMARY KEY,
    visible boolean NOT NULL DEFAULT true,
    "timestamp" double precision NOT NULL,
    payload bytea NOT NULL,
    version smallint NOT NULL DEFAULT '1',
    queue varchar(255) NOT NULL
);
COMMENT ON TABLE public.kombu_message IS
    'Messages of the broker that wait for a worker.';
CREATE INDEX ix_kombu_message_queue ON public.kombu_message (queue);
CREATE INDEX ix_kombu_message_visible ON public.kombu_message (visible);
CREATE INDEX ix_kombu_message_timestamp ON public.kombu_message ("timestamp");

CREATE TABLE public.celery_taskmeta (
    id serial PRIMARY KEY,
    task_id varchar(155) NOT NULL UNIQUE,
    status varchar(50) NOT NULL,
    result bytea,
    date_done timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    traceback text,
    name varchar(155),
    args text,
    kwargs text,
    worker varchar(155),
    retries integer
);
COMMENT ON TABLE public.celery_taskmeta IS
    'Results of tasks.';
CREATE INDEX ix_celery_taskmeta_task_id ON public.celery_taskmeta (task_id);

CREATE TABLE public.celery_tasksetmeta (
    id serial PRIMARY KEY,
    taskset_id varchar(155) NOT NULL UNIQUE,
    result bytea,
    date_done timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP
);
COMMENT ON TABLE public.celery_tasksetmeta IS
    'Results of groups of tasks.';
CREATE INDEX ix_celery_tasksetmeta_taskset_id ON public.celery_tasksetmeta (taskset_id);

-- The sequences are named: "all sequences in schema public" would mean whatever exists by then, and
-- that depends on the order in which unrelated branches run.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'app_user') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE
            ON public.kombu_queue, public.kombu_message, public.celery_taskmeta, public.celery_tasksetmeta
            TO app_user;
        GRANT USAGE, SELECT
            ON SEQUENCE public.kombu_queue_id_seq, public.kombu_message_id_seq,
                        public.celery_taskmeta_id_seq, public.celery_tasksetmeta_id_seq
            TO app_user;
    END IF;
END
$$;
