-- Commits that may have brought an error. Looked for once it is new or has come back, and has a stack; NULL in settled_at: not done yet.
CREATE TABLE suspicion (
    family_id      uuid PRIMARY KEY REFERENCES family ON DELETE CASCADE,
    cause_at       timestamptz NOT NULL,   -- of the family: since then it is new, or back
    because        text,                   -- what was looked at, or why it could not be
    tries          integer NOT NULL DEFAULT 0,
    look_again_at  timestamptz,
    settled_at     timestamptz
);

CREATE TABLE suspect (
    family_id  uuid NOT NULL REFERENCES suspicion ON DELETE CASCADE,
    place      integer NOT NULL,           -- 1 is suspected most
    sha        text NOT NULL,
    title      text NOT NULL,
    author     text NOT NULL,
    at         timestamptz NOT NULL,
    url        text NOT NULL,
    files      text[] NOT NULL,
    because    text NOT NULL,
    PRIMARY KEY (family_id, place)
);

-- What a commit changes: one bad deployment brings many errors, and each of them looks at the same commits.
CREATE TABLE commit_change (
    repository  text NOT NULL,             -- in lower case
    sha         text NOT NULL,
    files       jsonb NOT NULL,            -- [{path, was, lines: [[first, last], ...]}]
    asked_at    timestamptz NOT NULL,
    PRIMARY KEY (repository, sha)
);
CREATE INDEX commit_change_by_age ON commit_change USING brin (asked_at);
