-- The old rule has no place for an allocation without event. To delete it could lose money, so it stops.
--: backfill table=public.attribution_allocations reads=public.attribution_events
DO $$
DECLARE
    orphans bigint;
BEGIN
    SELECT count(*) INTO orphans FROM public.attribution_allocations WHERE event_id IS NULL;
    IF orphans > 0 THEN
        RAISE EXCEPTION 'cannot make event_id mandatory again: % allocation(s) have lost their event', orphans
            USING HINT = 'Decide on each of them, then downgrade again.';
    END IF;
END
$$;

ALTER TABLE public.attribution_allocations DROP CONSTRAINT fk_allocations_event_id_set_null;
ALTER TABLE public.attribution_allocations ALTER COLUMN event_id SET NOT NULL;
ALTER TABLE public.attribution_allocations
    ADD CONSTRAINT attribution_allocations_event_id_fkey
        FOREIGN KEY (event_id) REFERENCES public.attribution_events (id) ON DELETE CASCADE;
--: end
