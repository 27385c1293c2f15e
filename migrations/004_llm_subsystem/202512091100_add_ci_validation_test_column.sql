/*---
revision: 202512091100
parents: [202512081510]
message: Add the column that continuous integration probes
---*/

ALTER TABLE public.explanation_cache ADD COLUMN ci_validation_test boolean DEFAULT false;
