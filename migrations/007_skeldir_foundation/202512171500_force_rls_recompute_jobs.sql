/*---
revision: 202512171500
parents: [202512151410]
message: Bind the owner of recompute jobs as well
---*/

ALTER TABLE public.attribution_recompute_jobs FORCE ROW LEVEL SECURITY;
