-- A run, from its claim to its outcome, and what its agent proposed.
CREATE TABLE run (
    id                   uuid PRIMARY KEY,
    issue_id             uuid NOT NULL REFERENCES issue ON DELETE CASCADE,
    workflow             text NOT NULL,
    state                text NOT NULL CHECK (state IN ('queued', 'starting', 'running', 'finished')),
    outcome              text CHECK (outcome IN ('completed', 'no_changes_needed', 'investigation_complete', 'blocked',
                                                 'needs_decision', 'failed', 'cancelled', 'lost')),
    summary              text,
    generation           integer NOT NULL DEFAULT 1,
    repository           text NOT NULL,
    words                text NOT NULL DEFAULT '',
    plan_id              uuid,
    brief                text,
    came_from_status     uuid REFERENCES status,
    cap_usd              numeric(12, 6) NOT NULL CHECK (cap_usd > 0),
    cost_usd             numeric(12, 6),
    metered_usd          numeric(12, 6),
    usage                jsonb,
    model                text,
    num_turns            integer,
    checks               jsonb NOT NULL DEFAULT '[]',
    engine               jsonb,
    report               text,
    base_commit          text,
    head_commit          text,
    last_line            text,
    external_id          text,
    external_url         text,
    claim_hash           bytea,
    token_hash           bytea UNIQUE,
    token_expires_at     timestamptz,
    created_at           timestamptz NOT NULL,
    starting_at          timestamptz,
    started_at           timestamptz,
    heartbeat_at         timestamptz,
    finished_at          timestamptz,
    CHECK ((state = 'finished') = (outcome IS NOT NULL))
);
-- Gate 2's guarantee: an issue has at most one unfinished run.
CREATE UNIQUE INDEX run_one_unfinished ON run (issue_id) WHERE state <> 'finished';
CREATE INDEX run_unfinished ON run (state, heartbeat_at) WHERE state <> 'finished';
CREATE INDEX run_by_issue ON run (issue_id, created_at DESC);
CREATE INDEX run_by_end ON run (finished_at) WHERE finished_at IS NOT NULL;

-- The numbers of the runner's events that have arrived; the events themselves are frames of the run's topic.
CREATE TABLE run_event (
    run_id  uuid NOT NULL REFERENCES run ON DELETE CASCADE,
    seq     integer NOT NULL CHECK (seq > 0),
    PRIMARY KEY (run_id, seq)
);

-- What a person says to a running agent; delivered with the next heartbeat.
CREATE TABLE run_message (
    id            uuid PRIMARY KEY,
    run_id        uuid NOT NULL REFERENCES run ON DELETE CASCADE,
    text          text NOT NULL,
    said_by       jsonb NOT NULL,
    said_at       timestamptz NOT NULL,
    delivered_at  timestamptz
);
CREATE INDEX run_message_waiting ON run_message (run_id) WHERE delivered_at IS NULL;

CREATE TABLE patch (
    run_id        uuid PRIMARY KEY REFERENCES run ON DELETE CASCADE,
    mbox          text NOT NULL,
    files         jsonb NOT NULL,
    commits       jsonb NOT NULL,
    verdict       text NOT NULL CHECK (verdict IN ('accepted', 'refused')),
    reasons       jsonb NOT NULL DEFAULT '[]',
    branch        text NOT NULL,
    proposed_at   timestamptz NOT NULL,
    published_at  timestamptz,
    head_commit   text
);

CREATE TABLE question (
    id           uuid PRIMARY KEY,
    issue_id     uuid NOT NULL REFERENCES issue ON DELETE CASCADE,
    run_id       uuid NOT NULL UNIQUE REFERENCES run ON DELETE CASCADE,
    kind         text NOT NULL CHECK (kind IN ('question', 'blocker')),
    category     text NOT NULL,
    text         text NOT NULL,
    asked_at     timestamptz NOT NULL,
    answer       text,
    answered_by  jsonb,
    answered_at  timestamptz
);
CREATE INDEX question_by_issue ON question (issue_id, asked_at);
CREATE INDEX question_waiting ON question (asked_at) WHERE answered_at IS NULL;

CREATE TABLE plan (
    id           uuid PRIMARY KEY,
    issue_id     uuid NOT NULL REFERENCES issue ON DELETE CASCADE,
    version      integer NOT NULL,
    state        text NOT NULL CHECK (state IN ('proposed', 'approved', 'returned', 'superseded')),
    run_id       uuid NOT NULL UNIQUE REFERENCES run ON DELETE CASCADE,
    body         jsonb NOT NULL,
    hash         text NOT NULL,
    base_commit  text,
    proposed_at  timestamptz NOT NULL,
    decided_at   timestamptz,
    decided_by   jsonb,
    feedback     text,
    cap_usd      numeric(12, 6),
    UNIQUE (issue_id, version)
);
CREATE UNIQUE INDEX plan_one_proposed ON plan (issue_id) WHERE state = 'proposed';
CREATE INDEX plan_waiting ON plan (proposed_at) WHERE state = 'proposed';
