DROP TRIGGER trg_pii_guardrail_revenue_ledger ON public.revenue_ledger;
DROP TRIGGER trg_pii_guardrail_dead_events ON public.dead_events;
DROP TRIGGER trg_pii_guardrail_attribution_events ON public.attribution_events;
DROP FUNCTION public.fn_enforce_pii_guardrail();
DROP FUNCTION public.fn_detect_pii_keys(jsonb);
