-- As before, with how often its error was seen, since when it is a person's, and what is on its way already to mend it: its open pull
-- request, or a merged one that is not judged yet.
DROP FUNCTION spawn_about;
CREATE FUNCTION spawn_about(of_spawn_id uuid, of_issue_id uuid, of_workflow text, of_family text, of_automatic boolean)
RETURNS TABLE (
    spawn_id uuid, workflow text, automatic boolean, issue_id uuid, issue text, issue_open boolean, unfinished_run text,
    waiting_spawn boolean, plan_id uuid, plan_cap_usd numeric, plan_approved_at timestamptz, has_work_to_test boolean, customer_id uuid,
    customer text, customer_name text, family text, family_started_at timestamptz, waiting_reviews bigint, priority text,
    occurrences bigint, failed_in_a_row integer, fix_under_way text
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
           ) END AS failed_in_a_row,
           CASE WHEN of_automatic THEN coalesce((
               SELECT format('Pull request #%s is open', number) FROM pull
               WHERE pull.issue_id = issue.id AND pull.state IN ('draft', 'open')
               ORDER BY opened_at DESC
               LIMIT 1
           ), (
               SELECT CASE fix_attempt.state WHEN 'watching' THEN format('The fix of pull request #%s is being watched', number)
                                             ELSE format('Pull request #%s is merged, and waits for its deployment', number) END
               FROM fix_attempt JOIN pull ON pull.id = fix_attempt.pull_id
               WHERE fix_attempt.issue_id = issue.id AND fix_attempt.state IN ('awaiting_deploy', 'watching')
           )) END AS fix_under_way
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
