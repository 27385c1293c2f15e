/*---
revision: 202511171500
parents: [202511171400]
message: Give channels a state
---*/

ALTER TABLE public.channel_taxonomy
    ADD COLUMN state varchar(50) NOT NULL DEFAULT 'active'
        CHECK (state IN ('draft', 'active', 'deprecated', 'archived'));
