SELECT count(*) = 4
FROM pg_catalog.pg_attrdef AS preset
JOIN pg_catalog.pg_attribute AS attribute
    ON attribute.attrelid = preset.adrelid AND attribute.attnum = preset.adnum
WHERE attribute.attname = 'id'
  AND (preset.adrelid, pg_get_expr(preset.adbin, preset.adrelid)) IN (
      ('public.kombu_queue'::regclass, 'nextval(''queue_id_sequence''::regclass)'),
      ('public.kombu_message'::regclass, 'nextval(''message_id_sequence''::regclass)'),
      ('public.celery_taskmeta'::regclass, 'nextval(''task_id_sequence''::regclass)'),
      ('public.celery_tasksetmeta'::regclass, 'nextval(''taskset_id_sequence''::regclass)'));

-- The next id of each table is free.
SELECT last_value >= (SELECT coalesce(max(id), 0) FROM public.kombu_queue)
FROM public.queue_id_sequence;
SELECT last_value >= (SELECT coalesce(max(id), 0) FROM public.kombu_message)
FROM public.message_id_sequence;
SELECT last_value >= (SELECT coalesce(max(id), 0) FROM public.celery_taskmeta)
FROM public.task_id_sequence;
SELECT last_value >= (SELECT coalesce(max(id), 0) FROM public.celery_tasksetmeta)
FROM public.taskset_id_sequence;

SELECT has_sequence_privilege('app_user', granted.oid, 'USAGE')
   AND has_sequence_privilege('app_user', granted.oid, 'SELECT')
FROM unnest(ARRAY['public.queue_id_sequence', 'public.message_id_sequence', 'public.task_id_sequence',
                  'public.taskset_id_sequence']::regclass[]) AS granted (oid);
