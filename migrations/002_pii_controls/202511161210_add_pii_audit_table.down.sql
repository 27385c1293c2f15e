DROP FUNCTION public.fn_scan_pii_contamination();
DROP TABLE public.pii_audit_findings;
