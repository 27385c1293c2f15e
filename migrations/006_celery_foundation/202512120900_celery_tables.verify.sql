SELECT has_table_privilege('app_user', granted.oid, 'SELECT')
   AND has_table_privilege('app_user', granted.oid, 'INSERT')
   AND has_table_privilege('app_user', granted.oid, 'UPDATE')
   AND has_table_privilege('app_user', granted.oid, 'DELETE')
FROM unnest(ARRAY['public.kombu_queue', 'public.kombu_message', 'public.celery_taskmeta',
                  'public.celery_tasksetmeta']::regclass[]) AS granted (oid);

SELECT has_sequence_privilege('app_user', granted.oid, 'USAGE')
   AND has_sequence_privilege('app_user', granted.oid, 'SELECT')
FROM unnest(ARRAY['public.kombu_queue_id_seq', 'public.kombu_message_id_seq', 'public.celery_taskmeta_id_seq',
                  'public.celery_tasksetmeta_id_seq']::regclass[]) AS granted (oid);

SELECT count(*) = 3
FROM pg_catalog.pg_constraint
WHERE contype = 'u'
  AND conname IN ('kombu_queue_name_key', 'celery_taskmeta_task_id_key', 'celery_tasksetmeta_taskset_id_key');
