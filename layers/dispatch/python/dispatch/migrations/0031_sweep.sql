-- When the verifier swept last: one row, so that whoever looks sees whether schedules come.
CREATE TABLE last_sweep (
    is_only  boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    at       timestamptz NOT NULL
);
