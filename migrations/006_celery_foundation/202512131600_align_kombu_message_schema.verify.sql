SELECT count(*) = 6
   AND count(*) FILTER (
       WHERE (attname, format_type(atttypid, atttypmod), attnotnull) IN (
           ('timestamp', 'timestamp without time zone', false),
           ('payload', 'text', true),
           ('queue_id', 'integer', true))
   ) = 3
FROM pg_catalog.pg_attribute
WHERE attrelid = 'public.kombu_message'::regclass AND attnum > 0 AND NOT attisdropped;

SELECT count(*) = 0
FROM public.kombu_message AS message
WHERE NOT EXISTS (SELECT FROM public.kombu_queue AS queue WHERE queue.id = message.queue_id);

SELECT count(*) = 2 AND bool_and(NOT attnotnull)
FROM pg_catalog.pg_attribute
WHERE attrelid IN ('public.celery_taskmeta'::regclass, 'public.celery_tasksetmeta'::regclass)
  AND attname = 'date_done';

-- Beside the primary key.
SELECT count(*) = 2
   AND bool_and(indexname IN ('ix_kombu_message_visible', 'ix_kombu_message_timestamp_id'))
FROM pg_catalog.pg_indexes
WHERE schemaname = 'public' AND tablename = 'kombu_message' AND indexname <> 'kombu_message_pkey';
