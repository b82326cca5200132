-- What a screen shows of an issue, whatever room it comes from.
CREATE VIEW issue_card AS
SELECT
    issue.id,
    issue.identifier,
    issue.number,
    issue.title,
    issue.description,
    issue.priority,
    issue.source,
    issue.created_by,
    issue.created_at,
    issue.updated_at,
    issue.status_id,
    jsonb_build_object('id', status.id, 'name', status.name, 'color', status.color, 'position', status.position,
                       'is_closed', status.is_closed) AS status,
    coalesce((
        SELECT jsonb_agg(jsonb_build_object('id', label.id, 'name', label.name, 'color', label.color) ORDER BY label.name)
        FROM issue_label JOIN label ON label.id = issue_label.label_id
        WHERE issue_label.issue_id = issue.id
    ), '[]') AS labels,
    (
        SELECT jsonb_build_object('id', run.id, 'workflow', run.workflow, 'state', run.state, 'created_at', run.created_at,
                                  'started_at', run.started_at, 'last_line', run.last_line)
        FROM run
        WHERE run.issue_id = issue.id AND run.state <> 'finished'
    ) AS running,
    EXISTS (SELECT FROM plan WHERE plan.issue_id = issue.id AND plan.state = 'proposed') AS plan_waiting,
    EXISTS (SELECT FROM question WHERE question.issue_id = issue.id AND question.answered_at IS NULL) AS question_waiting,
    (
        SELECT patch.branch
        FROM patch JOIN run ON run.id = patch.run_id
        WHERE run.issue_id = issue.id AND patch.published_at IS NOT NULL
        ORDER BY patch.published_at DESC
        LIMIT 1
    ) AS branch,
    coalesce((SELECT sum(coalesce(run.cost_usd, run.metered_usd)) FROM run WHERE run.issue_id = issue.id), 0) AS cost_usd
FROM issue JOIN status ON status.id = issue.status_id;
