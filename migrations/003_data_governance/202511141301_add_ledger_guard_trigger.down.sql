DROP TRIGGER trg_ledger_prevent_mutation ON public.revenue_ledger;
DROP FUNCTION public.fn_ledger_prevent_mutation();
