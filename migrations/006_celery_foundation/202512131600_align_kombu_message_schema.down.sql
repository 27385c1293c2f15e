DROP INDEX public.ix_kombu_message_timestamp_id;

ALTER TABLE public.kombu_message ADD COLUMN queue varchar(255);
--: backfill table=public.kombu_message expect=all
UPDATE public.kombu_message AS message
SET queue = queue.name,
    -- The old column knows no null; the epoch lets such a message go first.
    "timestamp" = coalesce(message."timestamp", 'epoch')
FROM public.kombu_queue AS queue
WHERE queue.id = message.queue_id;
--: end

ALTER TABLE public.kombu_message
    ALTER COLUMN queue SET NOT NULL,
    ALTER COLUMN payload TYPE bytea USING convert_to(payload, 'UTF8'),
    ALTER COLUMN "timestamp" TYPE double precision USING extract(epoch FROM "timestamp" AT TIME ZONE 'UTC'),
    ALTER COLUMN "timestamp" SET NOT NULL;
ALTER TABLE public.kombu_message DROP CONSTRAINT fk_kombu_message_queue;
ALTER TABLE public.kombu_message DROP COLUMN queue_id;

-- Results without a date get the date of the way down: the old column knows no null.
UPDATE public.celery_tasksetmeta SET date_done = CURRENT_TIMESTAMP WHERE date_done IS NULL;
UPDATE public.celery_taskmeta SET date_done = CURRENT_TIMESTAMP WHERE date_done IS NULL;
ALTER TABLE public.celery_tasksetmeta ALTER COLUMN date_done SET NOT NULL;
ALTER TABLE public.celery_taskmeta ALTER COLUMN date_done SET NOT NULL;

CREATE INDEX ix_kombu_message_timestamp ON public.kombu_message ("timestamp");
CREATE INDEX ix_kombu_message_queue ON public.kombu_message (queue);
