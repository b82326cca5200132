-- A merged pull request of an error's issue, watched until it is known whether the error is gone.
CREATE TABLE fix_attempt (
    id              uuid PRIMARY KEY,
    pull_id         uuid NOT NULL UNIQUE REFERENCES pull ON DELETE CASCADE,
    issue_id        uuid NOT NULL REFERENCES issue ON DELETE CASCADE,
    repository      text NOT NULL,            -- in lower case
    merge_commit    text,                     -- NULL: GitHub has told none, and no deployment can be known to contain it
    merged_at       timestamptz NOT NULL,
    state           text NOT NULL CHECK (state IN ('awaiting_deploy', 'watching', 'verified', 'failed', 'unproven')),
    reason          text NOT NULL,
    environment     text,                     -- NULL while deployed: no deployments are known of its repository
    rollout_at      timestamptz,              -- when the deployment began
    deployed_at     timestamptz,              -- when it had succeeded
    deployed_sha    text,
    watch_until     timestamptz,              -- when it is judged next
    at_most_until   timestamptz NOT NULL,     -- then it is unproven, unless it is known
    numbers         jsonb,
    decided_at      timestamptz,
    looked_at       timestamptz,              -- for a deployment, last
    superseded_by   uuid REFERENCES fix_attempt ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,   -- it is watched with this one
    created_at      timestamptz NOT NULL,
    CHECK ((state IN ('awaiting_deploy', 'watching')) = (decided_at IS NULL)),
    CHECK (state <> 'watching' OR (deployed_at IS NOT NULL AND watch_until IS NOT NULL))
);
CREATE UNIQUE INDEX fix_attempt_unfinished ON fix_attempt (issue_id) WHERE state IN ('awaiting_deploy', 'watching');
CREATE INDEX fix_attempt_by_issue ON fix_attempt (issue_id, created_at DESC, id DESC);
CREATE INDEX fix_attempt_due ON fix_attempt (watch_until) WHERE state = 'watching';
CREATE INDEX fix_attempt_superseded ON fix_attempt (superseded_by) WHERE superseded_by IS NOT NULL;

-- What was seen of the error while it was watched, by what it was held to be: one row a reason, however often it came.
CREATE TABLE fix_sighting (
    attempt_id  uuid NOT NULL REFERENCES fix_attempt ON DELETE CASCADE,
    because     text NOT NULL,
    counts      boolean NOT NULL,
    at          timestamptz NOT NULL,         -- the latest
    times       integer NOT NULL DEFAULT 1,
    PRIMARY KEY (attempt_id, because)
);

CREATE INDEX pull_merged ON pull (merged_at) WHERE state = 'merged';   -- those that have no attempt yet are looked for each minute

CREATE VIEW fix_card AS
SELECT fix_attempt.*,
       CASE WHEN family.id IS NOT NULL THEN jsonb_build_object('id', family.id, 'name', family.name) END AS family,
       jsonb_build_object('repository', pull.repository, 'number', pull.number, 'url', pull.url) AS pull,
       coalesce((
           SELECT jsonb_agg(jsonb_build_object('at', at, 'because', because, 'counts', counts, 'times', times) ORDER BY at)
           FROM fix_sighting
           WHERE fix_sighting.attempt_id = fix_attempt.id
       ), '[]') AS seen
FROM fix_attempt
JOIN pull ON pull.id = fix_attempt.pull_id
LEFT JOIN family ON family.issue_id = fix_attempt.issue_id;

-- Since when an issue is closed, and since when its fix is known to hold: without that, an error's issue is closed for a stated reason only.
ALTER TABLE issue ADD COLUMN closed_at timestamptz, ADD COLUMN fix_verified_at timestamptz;
UPDATE issue SET closed_at = issue.updated_at FROM status WHERE status.id = issue.status_id AND status.is_closed;

-- As before, and errors that agents failed at (the failure of the last of their runs is not told beside it), and fixes that nobody can
-- prove. (Whoever adds a kind writes the view whole, with these.)
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
WHERE NOT status.is_closed
UNION ALL
SELECT 'fix', fix_attempt.issue_id, fix_attempt.decided_at, fix_attempt.reason,
       jsonb_build_object('fix_id', fix_attempt.id, 'pull_id', pull.id, 'number', pull.number, 'url', pull.url)
FROM fix_attempt
JOIN pull ON pull.id = fix_attempt.pull_id
JOIN issue ON issue.id = fix_attempt.issue_id
JOIN status ON status.id = issue.status_id
WHERE fix_attempt.state = 'unproven' AND NOT status.is_closed
  AND NOT EXISTS (
      SELECT FROM fix_attempt AS newer
      WHERE newer.issue_id = fix_attempt.issue_id AND (newer.created_at, newer.id) > (fix_attempt.created_at, fix_attempt.id)
  )
  AND NOT EXISTS (SELECT FROM run WHERE run.issue_id = fix_attempt.issue_id AND run.state <> 'finished');
