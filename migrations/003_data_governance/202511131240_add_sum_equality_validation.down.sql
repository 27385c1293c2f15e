DROP MATERIALIZED VIEW public.mv_allocation_summary;
DROP TRIGGER trg_check_allocation_sum ON public.attribution_allocations;
DROP FUNCTION public.check_allocation_sum();
