-- The terminal's chats: one row per turn; a tool call's effect and its result are written together.
CREATE TABLE chat (
    id          uuid PRIMARY KEY,
    title       text NOT NULL DEFAULT '',
    created_by  jsonb NOT NULL,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL
);
CREATE INDEX chat_by_age ON chat (updated_at DESC, id DESC);

CREATE TABLE turn (
    id              uuid PRIMARY KEY,
    chat_id         uuid NOT NULL REFERENCES chat ON DELETE CASCADE,
    number          integer NOT NULL,
    kind            text NOT NULL CHECK (kind IN ('turn', 'command')),
    said            text NOT NULL,
    told            text,           -- what the model is told in place of `said`: a pressed button and its effect
    said_by         jsonb NOT NULL,
    state           text NOT NULL CHECK (state IN ('queued', 'running', 'finished')),
    reason          text CHECK (reason IN ('end', 'stopped', 'rounds', 'failed')),
    detail          text,
    model           text,           -- the one it began with: its thinking is worth nothing to another
    rounds          json NOT NULL DEFAULT '[]',  -- json, not jsonb: the API wants its blocks back letter for letter
    partial         text NOT NULL DEFAULT '',    -- what the round in the making has shown so far
    answer          text,           -- a command's
    usage           jsonb NOT NULL DEFAULT '{"input_tokens": 0, "output_tokens": 0, "cache_read_tokens": 0, "cache_write_tokens": 0}',
    cost_usd        numeric(12, 6) DEFAULT 0,    -- NULL: unknown, as one of its calls has no known price
    stop_requested  boolean NOT NULL DEFAULT false,
    attempt         integer NOT NULL DEFAULT 0,  -- every claim counts it up; whoever holds an older one may write no more
    lease_until     timestamptz,
    created_at      timestamptz NOT NULL,
    started_at      timestamptz,
    finished_at     timestamptz,
    UNIQUE (chat_id, number),
    CHECK ((state = 'finished') = (reason IS NOT NULL)),
    CHECK ((kind = 'command') = (answer IS NOT NULL))
);
-- One turn at a time per chat, whatever the queue does.
CREATE UNIQUE INDEX turn_one_running ON turn (chat_id) WHERE state = 'running';
CREATE INDEX turn_unfinished ON turn (created_at) WHERE state <> 'finished';

-- Written when the model asks for it; `result` in the same transaction as what the tool does.
CREATE TABLE tool_call (
    turn_id      uuid NOT NULL REFERENCES turn ON DELETE CASCADE,
    tool_use_id  text NOT NULL,
    round        integer NOT NULL,
    place        integer NOT NULL,
    name         text NOT NULL,
    input        jsonb NOT NULL,
    result       jsonb,
    is_error     boolean NOT NULL DEFAULT false,
    ms           integer,
    at           timestamptz NOT NULL,
    PRIMARY KEY (turn_id, tool_use_id),
    CHECK ((result IS NULL) = (ms IS NULL))
);

-- What the orchestrator asks before it spends money; pressed once, by a person.
CREATE TABLE choice (
    id           uuid PRIMARY KEY,
    turn_id      uuid NOT NULL REFERENCES turn ON DELETE CASCADE,
    chat_id      uuid NOT NULL REFERENCES chat ON DELETE CASCADE,
    tool_use_id  text NOT NULL,
    question     text NOT NULL,
    options      jsonb NOT NULL,
    action       jsonb NOT NULL,
    state        text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'taken', 'expired')),
    taken        text,
    taken_by     jsonb,
    taken_at     timestamptz,
    created_at   timestamptz NOT NULL,
    CHECK ((state = 'taken') = (taken IS NOT NULL))
);
CREATE INDEX choice_by_turn ON choice (turn_id);
CREATE INDEX choice_open ON choice (chat_id) WHERE state = 'open';
