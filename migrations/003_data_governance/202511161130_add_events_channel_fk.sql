/*---
revision: 202511161130
parents: [202511161120]
message: Let events refer to the channel taxonomy
---*/

-- What the next section is going to change, for the record.
--: backfill table=public.attribution_events
DO $$
DECLARE
    strays bigint;
    codes text;
BEGIN
    SELECT count(*), string_agg(DISTINCT event.channel, ', ' ORDER BY event.channel)
    INTO strays, codes
    FROM public.attribution_events AS event
    WHERE NOT EXISTS (SELECT FROM public.channel_taxonomy AS channel WHERE channel.code = event.channel);
    RAISE NOTICE '% event(s) with a channel outside the taxonomy: %', strays, coalesce(codes, 'none');
END
$$;
--: end

--: backfill table=public.attribution_events triggers=trg_events_prevent_mutation expect=matching
UPDATE public.attribution_events
SET channel = 'unknown'
WHERE NOT EXISTS (
    SELECT FROM public.channel_taxonomy AS taxonomy WHERE taxonomy.code = attribution_events.channel
);
--: end

-- The count and the validation stay under the guard. Under row security both would see nothing, and the
-- constraint would be marked valid over rows that violate it.
--: backfill table=public.attribution_events
DO $$
DECLARE
    strays bigint;
BEGIN
    SELECT count(*) INTO strays
    FROM public.attribution_events AS event
    WHERE NOT EXISTS (SELECT FROM public.channel_taxonomy AS channel WHERE channel.code = event.channel);
    IF strays > 0 THEN
        RAISE EXCEPTION '% event(s) still have a channel outside the taxonomy', strays;
    END IF;
END
$$;

ALTER TABLE public.attribution_events
    ADD CONSTRAINT fk_attribution_events_channel
        FOREIGN KEY (channel) REFERENCES public.channel_taxonomy (code)
        ON DELETE RESTRICT ON UPDATE CASCADE;
--: end
