-- Since when the sweep has come without a gap. While it was away (a laptop asleep, a database down), no heartbeat was heard either.
CREATE TABLE sweep (
    id              integer PRIMARY KEY DEFAULT 1 CHECK (id = 1),
    at              timestamptz NOT NULL,
    unbroken_since  timestamptz NOT NULL
);
