/*---
revision: 202511141200
parents: [202511131250]
message: Take UPDATE and DELETE on events from app_rw
---*/

REVOKE UPDATE, DELETE ON public.attribution_events FROM app_rw;
