/*---
revision: 202511161100
parents: [202511151510]
message: Keep allocations when their event goes
---*/

ALTER TABLE public.attribution_allocations DROP CONSTRAINT attribution_allocations_event_id_fkey;
ALTER TABLE public.attribution_allocations ALTER COLUMN event_id DROP NOT NULL;

-- Under row security the validation would see no row and call the constraint valid.
--: backfill table=public.attribution_allocations reads=public.attribution_events
ALTER TABLE public.attribution_allocations
    ADD CONSTRAINT fk_allocations_event_id_set_null
        FOREIGN KEY (event_id) REFERENCES public.attribution_events (id) ON DELETE SET NULL;
--: end
