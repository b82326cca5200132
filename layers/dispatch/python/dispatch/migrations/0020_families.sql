-- Errors as production reports them: a fingerprint is one wording, a family is one error, a sighting is one report of it.
CREATE TABLE family (
    id           uuid PRIMARY KEY,
    name         text NOT NULL UNIQUE,     -- source/feature#8 hex digits of its first fingerprint: what limits, switches and people call it
    issue_id     uuid UNIQUE REFERENCES issue ON DELETE SET NULL,
    source       text NOT NULL,
    feature      text NOT NULL,
    message      text NOT NULL,            -- as seen first, masked
    level        text NOT NULL,
    occurrences  bigint NOT NULL DEFAULT 0,
    first_seen   timestamptz NOT NULL,
    last_seen    timestamptz NOT NULL,
    created_at   timestamptz NOT NULL
);
CREATE INDEX family_by_last_seen ON family (last_seen DESC, id DESC);

CREATE TABLE fingerprint (
    hash         text PRIMARY KEY,         -- SHA-256 of source|feature|message made equal, in hex
    version      integer NOT NULL,         -- of the rules that made it equal
    family_id    uuid NOT NULL REFERENCES family ON DELETE CASCADE,
    source       text NOT NULL,
    feature      text NOT NULL,
    message      text NOT NULL,            -- made equal
    frames       text,                     -- the shape of its stack's own frames, hashed; NULL: it had none
    template     text,                     -- the mined template that it fits
    joined_by    text NOT NULL CHECK (joined_by IN ('first', 'frames', 'template', 'hand')),
    because      text NOT NULL,
    is_pinned    boolean NOT NULL DEFAULT false,   -- a person put it there: it stays
    occurrences  bigint NOT NULL DEFAULT 0,
    first_seen   timestamptz NOT NULL,
    last_seen    timestamptz NOT NULL
);
CREATE INDEX fingerprint_by_family ON fingerprint (family_id, last_seen DESC);
CREATE INDEX fingerprint_by_frames ON fingerprint (source, feature, frames) WHERE frames IS NOT NULL;
CREATE INDEX fingerprint_by_template ON fingerprint (source, feature, template) WHERE template IS NOT NULL;

-- One report. The sender's own key makes it one, however often it is sent: an alert that goes on firing raises its count to the highest told.
CREATE TABLE sighting (
    id           uuid PRIMARY KEY,
    origin       text NOT NULL CHECK (origin IN ('grafana', 'alertmanager', 'sentry')),
    key          text,                     -- NULL: the sender tells none, and every report counts
    fingerprint  text NOT NULL REFERENCES fingerprint ON DELETE CASCADE,
    family_id    uuid NOT NULL REFERENCES family ON DELETE CASCADE,
    count        bigint NOT NULL CHECK (count > 0),
    first_seen   timestamptz NOT NULL,
    last_seen    timestamptz NOT NULL,
    heard_at     timestamptz NOT NULL,     -- when it was reported last
    ended_at     timestamptz,              -- NULL: it fires still, or its sender never tells an end
    fires        boolean NOT NULL,         -- an alert that has not been resolved
    release      text,
    environment  text,
    detail       jsonb NOT NULL DEFAULT '{}'   -- error text, stack, lines, links, labels, values: masked
);
CREATE UNIQUE INDEX sighting_by_key ON sighting (origin, key) WHERE key IS NOT NULL;
CREATE INDEX sighting_by_family ON sighting (family_id, last_seen DESC, id DESC);
CREATE INDEX sighting_firing ON sighting (family_id) WHERE fires;
CREATE INDEX sighting_by_age ON sighting (heard_at);
