-- The terminal's chats: one row per turn; a tool call's effect and its result are written together.
CREATE TABLE chat (
    id          uuid PRIMARY KEY,
    title       text NOT NULL,
    created_by  jsonb NOT NULL,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL
);
CREATE INDEX chat_by_age ON chat (updated_at DESC, id DESC);

CREATE TABLE turn (
    id              uuid PRIMARY KEY,
    chat_id         uuid NOT NULL REFERENCES chat ON DELETE CASCADE,
    number          integer NOT NULL,
    kind            text NOT NULL DEFAULT 'turn' CHECK (kind IN ('turn', 'command')),
    said            text NOT NULL,
    said_by         jsonb NOT NULL,
    state           text NOT NULL CHECK (state IN ('queued', 'running', 'finished')),
    reason          text CHECK (reason IN ('end', 'stopped', 'rounds', 'failed')),
    detail          text,
    messages        jsonb NOT NULL DEFAULT '[]',
    items           jsonb NOT NULL DEFAULT '[]',
    usage           jsonb NOT NULL DEFAULT '{}',
    cost_usd        numeric(12, 6),
    stop_requested  boolean NOT NULL DEFAULT false,
    attempt         integer NOT NULL DEFAULT 0,
    lease_until     timestamptz,
    created_at      timestamptz NOT NULL,
    started_at      timestamptz,
    finished_at     timestamptz,
    UNIQUE (chat_id, number),
    CHECK ((state = 'finished') = (reason IS NOT NULL))
);
CREATE INDEX turn_unfinished ON turn (created_at) WHERE state <> 'finished';

CREATE TABLE tool_call (
    turn_id      uuid NOT NULL REFERENCES turn ON DELETE CASCADE,
    tool_use_id  text NOT NULL,
    name         text NOT NULL,
    input        jsonb NOT NULL,
    result       jsonb NOT NULL,
    is_error     boolean NOT NULL DEFAULT false,
    ms           integer NOT NULL,
    at           timestamptz NOT NULL,
    PRIMARY KEY (turn_id, tool_use_id)
);

-- What the orchestrator asks before it spends money; pressed once, by a person.
CREATE TABLE choice (
    id          uuid PRIMARY KEY,
    turn_id     uuid NOT NULL REFERENCES turn ON DELETE CASCADE,
    chat_id     uuid NOT NULL REFERENCES chat ON DELETE CASCADE,
    question    text NOT NULL,
    options     jsonb NOT NULL,
    action      jsonb NOT NULL,
    state       text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'taken', 'expired')),
    taken       text,
    taken_by    jsonb,
    taken_at    timestamptz,
    created_at  timestamptz NOT NULL
);
CREATE INDEX choice_by_chat ON choice (chat_id, created_at);
