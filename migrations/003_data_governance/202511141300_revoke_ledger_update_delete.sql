/*---
revision: 202511141300
parents: [202511141201]
message: Take UPDATE and DELETE on the ledger from app_rw
---*/

REVOKE UPDATE, DELETE ON public.revenue_ledger FROM app_rw;
