-- A spawn may go on from a run of its issue that has ended: a review round, a repair, or what a limit broke off.
ALTER TABLE run ADD COLUMN continues uuid REFERENCES run;
ALTER TABLE spawn ADD COLUMN continues uuid REFERENCES run;
CREATE INDEX run_by_continued ON run (continues) WHERE continues IS NOT NULL;
CREATE INDEX spawn_by_continued ON spawn (continues) WHERE continues IS NOT NULL;

-- What is left of the cap of a run that ended at its limits; NULL where it ended otherwise, or hardly anything is left.
CREATE FUNCTION run_left_usd(of_run_id uuid)
RETURNS numeric LANGUAGE sql STABLE AS $$
    SELECT cap_usd - coalesce(cost_usd, metered_usd, 0)
    FROM run
    WHERE id = of_run_id AND outcome IN ('failed', 'lost') AND cap_usd - coalesce(cost_usd, metered_usd, 0) >= 1
$$;

-- As before, with the columns that runs have gained since.
DROP VIEW run_card;
CREATE VIEW run_card AS
SELECT run.*, issue.identifier
FROM run JOIN issue ON issue.id = run.issue_id;

-- As before, and which run it continues.
CREATE OR REPLACE VIEW spawn_card AS
SELECT spawn.id, spawn.issue_id, issue.identifier, issue.priority,
       CASE WHEN customer.id IS NOT NULL THEN jsonb_build_object('name', customer.name, 'slug', customer.slug) END AS customer,
       spawn.workflow, spawn.cause IS NOT NULL AS automatic, spawn.forced_because, spawn.state, spawn.run_id,
       newest.reason, newest.would_turn, newest.gate, spawn.created_at, spawn.continues
FROM spawn
JOIN issue ON issue.id = spawn.issue_id
LEFT JOIN customer ON customer.id = issue.customer_id
CROSS JOIN LATERAL (
    SELECT reason, would_turn, gate FROM decision WHERE decision.spawn_id = spawn.id ORDER BY decision.id DESC LIMIT 1
) AS newest;
