-- The limits whole: who an issue is for, what an automatic spawn rests on, kill switches by scope, breakers, and the queue's order.
CREATE TABLE customer (
    id          uuid PRIMARY KEY,
    name        text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    slug        text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9]([a-z0-9-]{0,58}[a-z0-9])?$'),
    created_at  timestamptz NOT NULL
);
ALTER TABLE issue ADD COLUMN customer_id uuid REFERENCES customer ON DELETE SET NULL;
CREATE INDEX issue_by_customer ON issue (customer_id) WHERE customer_id IS NOT NULL;

-- As before, and for whom it is.
CREATE OR REPLACE VIEW issue_card AS
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
    coalesce((SELECT sum(coalesce(run.cost_usd, run.metered_usd)) FROM run WHERE run.issue_id = issue.id), 0) AS cost_usd,
    CASE WHEN customer.id IS NOT NULL THEN jsonb_build_object('name', customer.name, 'slug', customer.slug) END AS customer
FROM issue
JOIN status ON status.id = issue.status_id
LEFT JOIN customer ON customer.id = issue.customer_id;

-- `cause` is what an automatic spawn rests on (family, source, occurrences, seen_at); a person's has none.
-- `waits_for` is the resource a waiting spawn was refused last: while it waits for it, nobody behind it may take it.
-- `cap_usd` is what was asked for; what is set aside is decided at admission, and kept by the run.
ALTER TABLE spawn
    ADD COLUMN cause jsonb,
    ADD COLUMN forced_because text,
    ADD COLUMN waits_for text,
    ADD COLUMN cap_usd numeric(12, 6);
UPDATE spawn SET cap_usd = reserve_usd;
ALTER TABLE spawn DROP COLUMN automatic, DROP COLUMN reserve_usd;
CREATE INDEX spawn_by_family ON spawn ((cause ->> 'family'), created_at DESC) WHERE cause IS NOT NULL;

-- While a row of it stands unopened, nothing in its scope starts.
CREATE TABLE kill_switch (
    id         uuid PRIMARY KEY,
    scope      text NOT NULL CHECK (scope IN ('everything', 'workflow', 'repository', 'family')),
    value      text NOT NULL,
    reason     text NOT NULL,
    closed_by  jsonb NOT NULL,
    closed_at  timestamptz NOT NULL,
    opened_by  jsonb,
    opened_at  timestamptz,
    CHECK ((scope = 'everything') = (value = '')),
    CHECK ((opened_at IS NULL) = (opened_by IS NULL))
);
CREATE UNIQUE INDEX kill_switch_closed ON kill_switch (scope, value) WHERE opened_at IS NULL;
CREATE INDEX kill_switch_by_age ON kill_switch (closed_at DESC);

-- `quiet_at`: since when it is known that no agent acts for an ended run any more.
ALTER TABLE run
    ADD COLUMN stopped_by uuid REFERENCES kill_switch,
    ADD COLUMN quiet_at timestamptz;
UPDATE run SET quiet_at = finished_at;
CREATE INDEX run_stopped ON run (stopped_by) WHERE stopped_by IS NOT NULL;
CREATE INDEX run_not_quiet ON run (finished_at) WHERE state = 'finished' AND quiet_at IS NULL;

-- Failures in a row, of a workflow and of a family of errors. A run that went well sets them to 0.
CREATE TABLE breaker (
    scope      text NOT NULL CHECK (scope IN ('workflow', 'family')),
    value      text NOT NULL,
    failures   integer NOT NULL CHECK (failures >= 0),
    failed_at  timestamptz NOT NULL,
    PRIMARY KEY (scope, value)
);

-- A reserve is closed once: by what the run cost, or by nothing.
ALTER TABLE ledger ADD COLUMN customer_id uuid;
CREATE UNIQUE INDEX ledger_closed_once ON ledger (run_id, generation) WHERE kind IN ('settle', 'release');
ALTER TABLE policy ADD COLUMN because text NOT NULL DEFAULT '';

-- How urgent a spawn is: its issue's priority, and one more for every four hours it has waited; 1 is the most.
CREATE FUNCTION spawn_band(priority text, created_at timestamptz, at timestamptz)
RETURNS integer LANGUAGE sql IMMUTABLE AS $$
    SELECT greatest(right(priority, 1)::integer - floor(extract(epoch FROM at - created_at) / 14400)::integer, 1)
$$;

-- The order in which waiting spawns are offered: the most urgent band first. In a band customers take turns: whoever has had the fewest
-- runs today comes first. Then the oldest.
CREATE FUNCTION spawn_queue(at timestamptz)
RETURNS TABLE (spawn_id uuid, band integer, place bigint)
LANGUAGE sql STABLE AS $$
    SELECT turn.id, turn.band, row_number() OVER (ORDER BY turn.band, turn.number, turn.created_at, turn.id)
    FROM (
        SELECT waiting.*, coalesce(served.runs, 0)
                          + row_number() OVER (PARTITION BY waiting.customer_id ORDER BY waiting.band, waiting.created_at, waiting.id) AS number
        FROM (
            SELECT spawn.id, spawn.created_at, issue.customer_id, spawn_band(issue.priority, spawn.created_at, at) AS band
            FROM spawn JOIN issue ON issue.id = spawn.issue_id
            WHERE spawn.state = 'waiting'
        ) AS waiting
        LEFT JOIN (
            SELECT customer_id, count(*) AS runs
            FROM ledger
            WHERE kind = 'reserve' AND day = (at AT TIME ZONE 'UTC')::date
            GROUP BY customer_id
        ) AS served ON served.customer_id IS NOT DISTINCT FROM waiting.customer_id
    ) AS turn
$$;

-- What waits for people to review it: plans, and issues with a patch that still stand open.
CREATE VIEW waiting_review AS
SELECT plan.issue_id FROM plan WHERE plan.state = 'proposed'
UNION ALL
SELECT DISTINCT run.issue_id
FROM patch
JOIN run ON run.id = patch.run_id
JOIN issue ON issue.id = run.issue_id
JOIN status ON status.id = issue.status_id
WHERE patch.verdict = 'accepted' AND NOT status.is_closed;

-- What the gates ask about a spawn: one that waits, or (`of_spawn_id` NULL) a new one. No row: its issue is gone.
CREATE FUNCTION spawn_about(of_spawn_id uuid, of_issue_id uuid, of_workflow text, of_family text, of_automatic boolean)
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

-- A spawn as screens show it, without its place in the queue.
CREATE VIEW spawn_card AS
SELECT spawn.id, spawn.issue_id, issue.identifier, issue.priority,
       CASE WHEN customer.id IS NOT NULL THEN jsonb_build_object('name', customer.name, 'slug', customer.slug) END AS customer,
       spawn.workflow, spawn.cause IS NOT NULL AS automatic, spawn.forced_because, spawn.state, spawn.run_id,
       newest.reason, newest.would_turn, newest.gate, spawn.created_at
FROM spawn
JOIN issue ON issue.id = spawn.issue_id
LEFT JOIN customer ON customer.id = issue.customer_id
CROSS JOIN LATERAL (
    SELECT reason, would_turn, gate FROM decision WHERE decision.spawn_id = spawn.id ORDER BY decision.id DESC LIMIT 1
) AS newest;

-- Who admits holds an advisory lock, which others can share who only queue up; a row could not be shared without being written.
DROP TABLE admission;
