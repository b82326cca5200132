-- A run as screens show it, with its issue's identifier.
CREATE VIEW run_card AS
SELECT run.*, issue.identifier
FROM run JOIN issue ON issue.id = run.issue_id;

CREATE VIEW question_card AS
SELECT question.*, issue.identifier
FROM question JOIN issue ON issue.id = question.issue_id;

-- What waits for a person.
CREATE VIEW inbox AS
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
WHERE latest.outcome IN ('failed', 'lost') AND NOT status.is_closed;
