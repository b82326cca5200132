-- Who asked production's logs what, and what a run's brief was told of the world outside.
CREATE TABLE log_query (
    id          uuid PRIMARY KEY,
    asker       text NOT NULL,             -- run:ID, or the kind and name of somebody else: what rates and quotas count by
    run_id      uuid REFERENCES run ON DELETE CASCADE,
    query       text NOT NULL,
    params      jsonb NOT NULL,            -- masked
    asked_at    timestamptz NOT NULL,
    took_ms     integer,                   -- NULL: it never came to an end
    rows        integer,
    refusal     text                       -- why there was no answer
);
CREATE INDEX log_query_by_asker ON log_query (asker, asked_at);
CREATE INDEX log_query_by_age ON log_query (asked_at);
CREATE INDEX log_query_by_run ON log_query (run_id) WHERE run_id IS NOT NULL;

CREATE TABLE run_context (
    run_id      uuid NOT NULL REFERENCES run ON DELETE CASCADE,
    kind        text NOT NULL,             -- logs, suspects
    parts       jsonb NOT NULL,            -- headings and texts, masked and bounded
    gathered_at timestamptz NOT NULL,
    PRIMARY KEY (run_id, kind)
);
