-- As before; what a person put into a pull request is work to test too.
CREATE OR REPLACE FUNCTION spawn_about(of_spawn_id uuid, of_issue_id uuid, of_workflow text, of_family text, of_automatic boolean)
RETURNS TABLE (
    spawn_id uuid, workflow text, automatic boolean, issue_id uuid, issue text, issue_open boolean, unfinished_run text,
    waiting_spawn boolean, plan_id uuid, plan_cap_usd numeric, plan_approved_at timestamptz, has_work_to_test boolean, customer_id uuid,
    customer text, customer_name text, family text, family_started_at timestamptz, waiting_reviews bigint, priority text
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
           issue.customer_id, customer.slug AS customer, customer.name AS customer_name, family.name AS family,
           CASE WHEN of_automatic THEN (
               SELECT max(run.started_at) FROM spawn JOIN run ON run.id = spawn.run_id WHERE spawn.cause ->> 'family' = family.name
           ) END AS family_started_at,
           CASE WHEN of_automatic THEN (SELECT count(*) FROM waiting_review) ELSE 0 END AS waiting_reviews,
           issue.priority
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
        )) AS name
    ) AS family ON true
    WHERE issue.id = of_issue_id
$$;
