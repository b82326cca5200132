-- What an error's spawn rests on is its family's own row, read at each decision: nobody has to touch a waiting spawn when it is seen again.

-- Why a spawn was withdrawn, and what its run would likely have cost, where nothing was spent because the error healed.
ALTER TABLE spawn
    ADD COLUMN withdrawn_because text,
    ADD COLUMN not_spent_usd numeric(12, 6) CHECK (not_spent_usd >= 0);
CREATE INDEX spawn_of_family ON spawn (family) WHERE family IS NOT NULL AND run_id IS NOT NULL;
CREATE INDEX spawn_not_spent ON spawn (decided_at) WHERE not_spent_usd IS NOT NULL;

-- Agents failed at an error again and again: it is a person's, and starts no run by itself, until one of it ends well.
CREATE TABLE handover (
    id          uuid PRIMARY KEY,
    family      text NOT NULL,
    issue_id    uuid NOT NULL REFERENCES issue ON DELETE CASCADE,
    failures    integer NOT NULL,        -- in a row, when it was handed over
    at          timestamptz NOT NULL,
    ended_at    timestamptz
);
CREATE UNIQUE INDEX handover_stands ON handover (family) WHERE ended_at IS NULL;
CREATE INDEX handover_by_issue ON handover (issue_id);

-- The causes that an agent thought of, each found or refuted, and why.
ALTER TABLE run ADD COLUMN causes jsonb NOT NULL DEFAULT '[]';
DROP VIEW run_card;
CREATE VIEW run_card AS
SELECT run.*, issue.identifier
FROM run JOIN issue ON issue.id = run.issue_id;

-- As before; a spawn that was withdrawn for a reason shows it.
CREATE OR REPLACE VIEW spawn_card AS
SELECT spawn.id, spawn.issue_id, issue.identifier, issue.priority,
       CASE WHEN customer.id IS NOT NULL THEN jsonb_build_object('name', customer.name, 'slug', customer.slug) END AS customer,
       spawn.workflow, spawn.cause IS NOT NULL AS automatic, spawn.forced_because, spawn.state, spawn.run_id,
       coalesce(spawn.withdrawn_because, newest.reason) AS reason,
       CASE WHEN spawn.withdrawn_because IS NULL THEN newest.would_turn END AS would_turn, newest.gate, spawn.created_at, spawn.continues
FROM spawn
JOIN issue ON issue.id = spawn.issue_id
LEFT JOIN customer ON customer.id = issue.customer_id
CROSS JOIN LATERAL (
    SELECT reason, would_turn, gate FROM decision WHERE decision.spawn_id = spawn.id ORDER BY decision.id DESC LIMIT 1
) AS newest;
