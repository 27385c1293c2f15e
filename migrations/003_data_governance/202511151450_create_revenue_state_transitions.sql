/*---
revision: 202511151450
parents: [202511151440]
message: Keep the history of ledger states
---*/

CREATE TABLE public.revenue_state_transitions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    ledger_id uuid NOT NULL REFERENCES public.revenue_ledger (id) ON DELETE CASCADE,
    from_state varchar(50),
    to_state varchar(50) NOT NULL,
    reason text,
    transitioned_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE public.revenue_state_transitions IS
    'Every change of state of a ledger row, with its reason.';
CREATE INDEX idx_revenue_state_transitions_ledger_id
    ON public.revenue_state_transitions (ledger_id, transitioned_at DESC);
