-- Errors as production reports them: a fingerprint is one wording, a family is one error, a sighting is one report of it.
CREATE TABLE family (
    id                 uuid PRIMARY KEY,
    name               text NOT NULL UNIQUE,     -- source/feature#8 hex digits of its first fingerprint: what limits, switches and people call it
    issue_id           uuid UNIQUE,              -- may be gone, then it has none: a reference would lock both, in the other order than intake
    source             text NOT NULL,
    feature            text NOT NULL,
    message            text NOT NULL,            -- as seen first, masked
    level              text NOT NULL,            -- as seen first, or the worst since
    occurrences        bigint NOT NULL DEFAULT 0,
    users              integer NOT NULL DEFAULT 0,   -- distinct ones that it hit
    organisations      integer NOT NULL DEFAULT 0,
    release            text,                     -- named last
    releases           text[] NOT NULL DEFAULT '{}',  -- named so far, latest last
    has_stack          boolean NOT NULL DEFAULT false,
    first_seen         timestamptz NOT NULL,
    last_seen          timestamptz NOT NULL,
    seen_minute        timestamptz NOT NULL GENERATED ALWAYS AS (
        date_bin('1 minute', last_seen, '2000-01-01 00:00:00+00'::timestamptz)
    ) STORED,                                    -- what lists go by: counting up moves no index entry but once a minute
    told_at            timestamptz,              -- its frame was published last
    is_untold          boolean NOT NULL DEFAULT false,  -- it was counted up since
    cause_at           timestamptz,              -- it was new, or came back, then: what its spawns rest on
    wants_spawn_since  timestamptz,              -- NULL: nothing is wanted
    asked_at           timestamptz,              -- a spawn was asked for last
    healed_at          timestamptz,              -- nothing of it fires since then, and what waits for it has not heard so yet
    created_at         timestamptz NOT NULL,
    search             tsvector GENERATED ALWAYS AS (
        to_tsvector('simple', translate(name || ' ' || message, '/#._-:', '      '))
    ) STORED
) WITH (fillfactor = 60);                        -- room to count up in place
CREATE INDEX family_by_last_seen ON family (seen_minute DESC, id DESC);
CREATE INDEX family_by_source ON family (source, seen_minute DESC, id DESC);
CREATE INDEX family_wanting ON family (wants_spawn_since) WHERE wants_spawn_since IS NOT NULL;
CREATE INDEX family_by_telling ON family (told_at DESC);
CREATE INDEX family_untold ON family (id) WHERE is_untold;
CREATE INDEX family_healed ON family (healed_at) WHERE healed_at IS NOT NULL;
CREATE INDEX family_search ON family USING gin (search);

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
) WITH (fillfactor = 60);
CREATE INDEX fingerprint_by_family ON fingerprint (family_id);
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
    added        bigint NOT NULL,          -- what its last report added to the family
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
CREATE INDEX sighting_by_age ON sighting USING brin (heard_at);

-- How often, hour by hour: what rates and charts are made of, when single sightings are long forgotten.
CREATE TABLE sighting_hour (
    fingerprint  text NOT NULL REFERENCES fingerprint ON DELETE CASCADE,
    hour         timestamptz NOT NULL,
    count        bigint NOT NULL,
    PRIMARY KEY (fingerprint, hour)
) WITH (fillfactor = 80);
