-- The issue, the columns it stands in, and its one story.
CREATE EXTENSION IF NOT EXISTS vector;

CREATE TABLE workspace (
    id                 integer PRIMARY KEY DEFAULT 1 CHECK (id = 1),
    name               text NOT NULL,
    issue_prefix       text NOT NULL CHECK (issue_prefix ~ '^[A-Z][A-Z0-9]{0,15}$'),
    next_issue_number  integer NOT NULL DEFAULT 1
);

CREATE TABLE status (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name       text NOT NULL,
    color      text NOT NULL CHECK (color ~ '^#[0-9A-Fa-f]{6}$'),
    position   integer NOT NULL,
    is_closed  boolean NOT NULL DEFAULT false
);
CREATE UNIQUE INDEX status_name ON status (lower(name));

INSERT INTO status (name, color, position, is_closed) VALUES
    ('Backlog',       '#6B7280', 0, false),
    ('Investigating', '#F59E0B', 1, false),
    ('Needs Review',  '#EAB308', 2, false),
    ('In Progress',   '#3B82F6', 3, false),
    ('In Review',     '#10B981', 4, false),
    ('Done',          '#22C55E', 5, true),
    ('Canceled',      '#EF4444', 6, true);

CREATE TABLE label (
    id     uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name   text NOT NULL,
    color  text NOT NULL CHECK (color ~ '^#[0-9A-Fa-f]{6}$')
);
CREATE UNIQUE INDEX label_name ON label (lower(name));

CREATE TABLE issue (
    id           uuid PRIMARY KEY,
    number       integer NOT NULL UNIQUE,
    identifier   text NOT NULL UNIQUE,
    title        text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    description  text NOT NULL DEFAULT '' CHECK (length(description) <= 100000),
    status_id    uuid NOT NULL REFERENCES status,
    priority     text NOT NULL DEFAULT 'P3' CHECK (priority IN ('P1', 'P2', 'P3', 'P4')),
    source       text NOT NULL DEFAULT 'person' CHECK (source IN ('person', 'orchestrator', 'error', 'agent', 'import')),
    created_by   jsonb NOT NULL,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    search       tsvector GENERATED ALWAYS AS (
        setweight(to_tsvector('english', title), 'A') || setweight(to_tsvector('english', left(description, 20000)), 'B')
    ) STORED
);
CREATE INDEX issue_by_status ON issue (status_id, priority, created_at DESC, id DESC);
CREATE INDEX issue_by_age ON issue (created_at DESC, id DESC);
CREATE INDEX issue_search ON issue USING gin (search);

CREATE TABLE issue_label (
    issue_id  uuid NOT NULL REFERENCES issue ON DELETE CASCADE,
    label_id  uuid NOT NULL REFERENCES label ON DELETE CASCADE,
    PRIMARY KEY (issue_id, label_id)
);

-- Comments are activities of kind comment.added: one append-only story per issue.
CREATE TABLE activity (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    issue_id  uuid NOT NULL REFERENCES issue ON DELETE CASCADE,
    at        timestamptz NOT NULL,
    kind      text NOT NULL,
    actor     jsonb NOT NULL,
    run_id    uuid,
    data      jsonb NOT NULL DEFAULT '{}',
    public    boolean NOT NULL DEFAULT false
);
CREATE INDEX activity_by_issue ON activity (issue_id, id);
