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

-- As before, with how often its error was seen, and since when it is a person's.
DROP FUNCTION spawn_about;
CREATE FUNCTION spawn_about(of_spawn_id uuid, of_issue_id uuid, of_workflow text, of_family text, of_automatic boolean)
RETURNS TABLE (
    spawn_id uuid, workflow text, automatic boolean, issue_id uuid, issue text, issue_open boolean, unfinished_run text,
    waiting_spawn boolean, plan_id uuid, plan_cap_usd numeric, plan_approved_at timestamptz, has_work_to_test boolean, customer_id uuid,
    customer text, customer_name text, family text, family_started_at timestamptz, waiting_reviews bigint, priority text,
    occurrences bigint, failed_in_a_row integer
)
LANGUAGE sql STABLE AS $$
    SELECT of_spawn_id, of_workflow, of_automatic,
           issue.id AS issue_id, issue.identifier AS issue, NOT status.is_closed AS issue_open,
           (SELECT workflow || ', ' || state FROM run WHERE issue_id = issue.id AND state <> 'finished') AS unfinished_run,
           EXISTS (
               SELECT FROM spawn AS other
               WHERE other.issue_id = issue.id AND other.state = 'waiting' AND other.id IS DISTINCT FROM of_spawn_id
           ) AS waiting_spawn,
           approved.id AS plan_id, approved.cap_usd AS plan_cap_usd, approved.decided_at AS plan_approved_at,
           of_workflow = 'qa-test' AND (
               EXISTS (SELECT FROM plan WHERE plan.issue_id = issue.id)
               OR EXISTS (SELECT FROM patch JOIN run ON run.id = patch.run_id WHERE run.issue_id = issue.id)
               OR EXISTS (SELECT FROM pull WHERE pull.issue_id = issue.id AND pull.state IN ('draft', 'open') AND NOT pull.is_fork)
           ) AS has_work_to_test,
           issue.customer_id, customer.slug AS customer, customer.name AS customer_name, named.family,
           CASE WHEN of_automatic THEN (
               SELECT max(run.started_at) FROM spawn JOIN run ON run.id = spawn.run_id WHERE spawn.cause ->> 'family' = named.family
           ) END AS family_started_at,
           CASE WHEN of_automatic THEN (SELECT count(*) FROM waiting_review) ELSE 0 END AS waiting_reviews,
           issue.priority,
           CASE WHEN of_automatic THEN (SELECT family.occurrences FROM family WHERE family.name = named.family) END AS occurrences,
           CASE WHEN of_automatic THEN (
               SELECT failures FROM handover WHERE handover.family = named.family AND ended_at IS NULL
           ) END AS failed_in_a_row
    FROM issue
    JOIN status ON status.id = issue.status_id
    LEFT JOIN customer ON customer.id = issue.customer_id
    LEFT JOIN LATERAL (
        SELECT plan.id, plan.cap_usd, plan.decided_at FROM plan
        WHERE plan.issue_id = issue.id AND plan.state = 'approved'
        ORDER BY plan.version DESC
        LIMIT 1
    ) AS approved ON of_workflow = 'prd-implement'
    LEFT JOIN LATERAL (
        SELECT coalesce(of_family, (
            SELECT cause ->> 'family' FROM spawn WHERE issue_id = issue.id AND cause IS NOT NULL ORDER BY created_at DESC LIMIT 1
        )) AS family
    ) AS named ON true
    WHERE issue.id = of_issue_id
$$;

-- As before, and errors that agents failed at; the failure of the last of their runs is not told beside it. (Whoever adds a kind writes the
-- view whole, with these.)
CREATE OR REPLACE VIEW inbox AS
SELECT 'plan' AS kind, plan.issue_id, plan.proposed_at AS at, plan.body ->> 'summary' AS text,
       jsonb_build_object('plan_version', plan.version, 'run_id', plan.run_id) AS ref
FROM plan
WHERE plan.state = 'proposed'
UNION ALL
SELECT question.kind, question.issue_id, question.asked_at, question.text,
       jsonb_build_object('question_id', question.id, 'run_id', question.run_id)
FROM question
WHERE question.answered_at IS NULL
UNION ALL
SELECT 'handover', handover.issue_id, handover.at,
       format('Agents failed at this error %s times in a row. It starts no further run by itself: it is yours.', handover.failures),
       jsonb_build_object('family', handover.family)
FROM handover
JOIN issue ON issue.id = handover.issue_id
JOIN status ON status.id = issue.status_id
WHERE handover.ended_at IS NULL AND NOT status.is_closed
UNION ALL
SELECT 'failure', latest.issue_id, latest.finished_at, coalesce(latest.summary, latest.outcome),
       jsonb_build_object('run_id', latest.id)
FROM (
    SELECT DISTINCT ON (run.issue_id) run.id, run.issue_id, run.finished_at, run.summary, run.outcome
    FROM run
    WHERE run.created_at > now() - interval '14 days'   -- older failures are history, not something that waits
    ORDER BY run.issue_id, run.created_at DESC
) AS latest
JOIN issue ON issue.id = latest.issue_id
JOIN status ON status.id = issue.status_id
WHERE latest.outcome IN ('failed', 'lost') AND NOT status.is_closed
  AND NOT EXISTS (SELECT FROM handover WHERE handover.issue_id = latest.issue_id AND handover.ended_at IS NULL)
UNION ALL
SELECT 'pull', needing.issue_id, needing.at, needing.text,
       jsonb_build_object('pull_id', needing.id, 'number', needing.number, 'url', needing.url, 'asks_reason', needing.state = 'closed')
FROM (
    SELECT pull.id, pull.issue_id, pull.number, pull.url, pull.state, pull.closed_at AS at,
           format('Pull request #%s was closed without being merged. Why?', pull.number) AS text
    FROM pull
    WHERE pull.state = 'closed' AND pull.close_reason IS NULL AND pull.run_id IS NOT NULL
      AND pull.closed_at > now() - interval '14 days'
    UNION ALL
    SELECT pull.id, pull.issue_id, pull.number, pull.url, pull.state, pull.ci_missing_at,
           format('No check of pull request #%s has started. %s', pull.number, pull.ci_missing_because)
    FROM pull
    WHERE pull.state IN ('draft', 'open') AND pull.run_id IS NOT NULL AND pull.ci_missing_sha = pull.head_sha
      AND NOT EXISTS (SELECT FROM ci_run WHERE ci_run.repository = lower(pull.repository) AND ci_run.head_sha = pull.head_sha)
    UNION ALL
    SELECT pull.id, pull.issue_id, pull.number, pull.url, pull.state, round.wanted_at,
           format('Pull request #%s: %s', pull.number, round.because)
    FROM pull JOIN round ON round.pull_id = pull.id AND round.kind = 'repair' AND round.state = 'dropped' AND round.key = pull.head_sha
    WHERE pull.state IN ('draft', 'open')
) AS needing
JOIN issue ON issue.id = needing.issue_id
JOIN status ON status.id = issue.status_id
WHERE NOT status.is_closed;
