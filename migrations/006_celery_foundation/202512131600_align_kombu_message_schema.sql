/*---
revision: 202512131600
parents: [202512131530]
message: Align the broker tables with the current broker
approval: CR-2025-12-13-broker
---*/

DROP INDEX public.ix_kombu_message_queue;
DROP INDEX public.ix_kombu_message_timestamp;

ALTER TABLE public.celery_taskmeta ALTER COLUMN date_done DROP NOT NULL;
ALTER TABLE public.celery_tasksetmeta ALTER COLUMN date_done DROP NOT NULL;

ALTER TABLE public.kombu_message ADD COLUMN queue_id integer;
ALTER TABLE public.kombu_message
    ADD CONSTRAINT fk_kombu_message_queue FOREIGN KEY (queue_id) REFERENCES public.kombu_queue (id);

-- A message whose queue nobody knows must not get lost: then fewer rows are touched than there are.
--: backfill table=public.kombu_message expect=all
UPDATE public.kombu_message AS message
SET queue_id = queue.id
FROM public.kombu_queue AS queue
WHERE queue.name = message.queue;
--: end

ALTER TABLE public.kombu_message
    ALTER COLUMN "timestamp" DROP NOT NULL,
    ALTER COLUMN "timestamp" TYPE timestamp without time zone USING to_timestamp("timestamp") AT TIME ZONE 'UTC',
    ALTER COLUMN payload TYPE text USING convert_from(payload, 'UTF8'),
    ALTER COLUMN queue_id SET NOT NULL;
ALTER TABLE public.kombu_message DROP COLUMN queue;

CREATE INDEX ix_kombu_message_timestamp_id ON public.kombu_message ("timestamp", id);
