DROP TRIGGER trg_events_prevent_mutation ON public.attribution_events;
DROP FUNCTION public.fn_events_prevent_mutation();
