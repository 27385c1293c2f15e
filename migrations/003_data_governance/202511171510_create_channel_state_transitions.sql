/*---
revision: 202511171510
parents: [202511171500]
message: Keep the history of channel states
---*/

CREATE TABLE public.channel_state_transitions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    channel_code varchar(50) NOT NULL REFERENCES public.channel_taxonomy (code) ON DELETE CASCADE,
    from_state varchar(50),
    to_state varchar(50) NOT NULL,
    changed_by varchar(255) NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now(),
    reason text,
    metadata jsonb
);
COMMENT ON TABLE public.channel_state_transitions IS
    'Every change of state of a channel, by whom and why. Shared by all tenants like the taxonomy.';
CREATE INDEX idx_channel_state_transitions_channel_changed_at
    ON public.channel_state_transitions (channel_code, changed_at DESC);
CREATE INDEX idx_channel_state_transitions_to_state_changed_at
    ON public.channel_state_transitions (to_state, changed_at DESC);
