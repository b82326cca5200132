-- Spawns, the decisions about them, the limits, and the money.
CREATE TABLE admission (
    id  integer PRIMARY KEY DEFAULT 1 CHECK (id = 1)
);
INSERT INTO admission DEFAULT VALUES;

CREATE TABLE policy (
    version     integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    limits      jsonb NOT NULL,
    changed_by  jsonb NOT NULL,
    changed_at  timestamptz NOT NULL
);

CREATE TABLE spawn (
    id           uuid PRIMARY KEY,
    issue_id     uuid NOT NULL REFERENCES issue ON DELETE CASCADE,
    workflow     text NOT NULL,
    asked_by     jsonb NOT NULL,
    automatic    boolean NOT NULL DEFAULT false,
    words        text NOT NULL DEFAULT '',
    reserve_usd  numeric(12, 6) NOT NULL,
    state        text NOT NULL CHECK (state IN ('admitted', 'waiting', 'refused', 'withdrawn')),
    run_id       uuid UNIQUE REFERENCES run ON DELETE CASCADE,
    created_at   timestamptz NOT NULL,
    decided_at   timestamptz NOT NULL,
    CHECK ((state = 'admitted') = (run_id IS NOT NULL))
);
CREATE UNIQUE INDEX spawn_one_waiting ON spawn (issue_id) WHERE state = 'waiting';
CREATE INDEX spawn_waiting ON spawn (created_at) WHERE state = 'waiting';
CREATE INDEX spawn_by_issue ON spawn (issue_id, created_at DESC);
CREATE INDEX spawn_admitted ON spawn (decided_at) WHERE state = 'admitted';

CREATE TABLE decision (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    spawn_id        uuid NOT NULL REFERENCES spawn ON DELETE CASCADE,
    at              timestamptz NOT NULL,
    verdict         text NOT NULL CHECK (verdict IN ('admitted', 'waits', 'refused')),
    gate            text,
    reason          text NOT NULL,
    would_turn      text,
    inputs          jsonb NOT NULL,
    policy_version  integer NOT NULL REFERENCES policy
);
CREATE INDEX decision_by_spawn ON decision (spawn_id, id);

-- Append-only, and it outlives what it speaks of: deleting an issue gives no money back.
-- A run reserves once and settles once; a later larger report is a correction on top.
CREATE TABLE ledger (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id      uuid NOT NULL,
    generation  integer NOT NULL,
    workflow    text NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('reserve', 'settle', 'release', 'correct')),
    amount_usd  numeric(12, 6) NOT NULL CHECK (amount_usd >= 0),
    day         date NOT NULL,
    at          timestamptz NOT NULL,
    note        text NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX ledger_once ON ledger (run_id, generation, kind) WHERE kind IN ('reserve', 'settle', 'release');
CREATE INDEX ledger_settled ON ledger (day) WHERE kind IN ('settle', 'correct');
CREATE INDEX ledger_reserved ON ledger (day) WHERE kind = 'reserve';
