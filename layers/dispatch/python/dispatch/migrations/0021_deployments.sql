-- Which commit runs where in production. Reported by GitHub, as a deployment's status or as a run of a workflow that deploys, or by whoever deploys.
CREATE TABLE deployment (
    repository   text NOT NULL,            -- in lower case
    external_id  text NOT NULL,            -- deployment:ID, run:ID.ATTEMPT or told:ID
    environment  text NOT NULL,
    sha          text NOT NULL,
    state        text NOT NULL CHECK (state IN ('in_progress', 'succeeded', 'failed')),
    url          text,
    began_at     timestamptz NOT NULL,
    ended_at     timestamptz,
    heard_at     timestamptz NOT NULL,     -- the sender's own time of what is known
    PRIMARY KEY (repository, external_id),
    CHECK ((state = 'in_progress') = (ended_at IS NULL))
);
CREATE INDEX deployment_by_end ON deployment (repository, ended_at DESC) WHERE state = 'succeeded';
CREATE INDEX deployment_in_progress ON deployment (repository, heard_at) WHERE state = 'in_progress';

-- Whether a commit holds another, as GitHub compared them once: it never changes. NULL: GitHub could not say, and is asked again.
CREATE TABLE ancestry (
    repository    text NOT NULL,           -- in lower case
    ancestor      text NOT NULL,
    descendant    text NOT NULL,
    contains      boolean,
    tries         integer NOT NULL DEFAULT 1,
    asked_at      timestamptz NOT NULL,
    ask_again_at  timestamptz,
    PRIMARY KEY (repository, ancestor, descendant),
    CHECK ((contains IS NULL) = (ask_again_at IS NOT NULL))
);
