-- What a run was trusted with and began on, what it proves, and the files it leaves; what a patch touches beside its plan.
ALTER TABLE run ADD COLUMN trust text CHECK (trust IN ('operator', 'member', 'repository', 'tool', 'customer', 'public'));
ALTER TABLE run ADD COLUMN checkout jsonb;
ALTER TABLE run ADD COLUMN proof jsonb;

ALTER TABLE patch ADD COLUMN drift jsonb NOT NULL DEFAULT '[]';
ALTER TABLE patch ADD COLUMN lockfiles jsonb NOT NULL DEFAULT '[]';
ALTER TABLE patch ADD COLUMN lands_on text;

-- Screenshots, reports and other files of a run. A name is one file: handed in again, it is replaced.
CREATE TABLE artifact (
    id          uuid PRIMARY KEY,
    run_id      uuid NOT NULL REFERENCES run ON DELETE CASCADE,
    name        text NOT NULL,
    media_type  text NOT NULL,
    content     bytea NOT NULL CHECK (length(content) <= 3000000),
    created_at  timestamptz NOT NULL,
    UNIQUE (run_id, name)
);

-- As before, with the columns that runs have gained since.
DROP VIEW run_card;
CREATE VIEW run_card AS
SELECT run.*, issue.identifier
FROM run JOIN issue ON issue.id = run.issue_id;
