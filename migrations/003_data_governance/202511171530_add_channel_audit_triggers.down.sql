DROP TRIGGER trg_allocations_channel_correction_audit ON public.attribution_allocations;
DROP TRIGGER trg_channel_taxonomy_state_audit ON public.channel_taxonomy;
DROP FUNCTION public.fn_log_channel_assignment_correction();
DROP FUNCTION public.fn_log_channel_state_change();
