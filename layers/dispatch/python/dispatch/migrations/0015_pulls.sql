-- What others report to us, each kept once and acted on once.
CREATE TABLE delivery (
    source       text NOT NULL,
    id           text NOT NULL,
    event        text NOT NULL,
    body         jsonb NOT NULL,
    received_at  timestamptz NOT NULL,
    handled_at   timestamptz,
    answer       text,
    tries        integer NOT NULL DEFAULT 0,
    failure      text,
    try_at       timestamptz,     -- NULL: it is handled, or nobody tries it again
    PRIMARY KEY (source, id),
    CHECK (handled_at IS NULL OR answer IS NOT NULL)
);
CREATE INDEX delivery_due ON delivery (try_at) WHERE try_at IS NOT NULL;
CREATE INDEX delivery_by_age ON delivery (received_at DESC, source, id);

-- A pull request. Its repository is part of what it is.
CREATE TABLE pull (
    id                  uuid PRIMARY KEY,
    repository          text NOT NULL,
    number              integer NOT NULL,
    issue_id            uuid REFERENCES issue ON DELETE SET NULL,
    run_id              uuid REFERENCES run ON DELETE SET NULL,   -- the run whose work it holds: ours
    linked_by           text CHECK (linked_by IN ('branch', 'trailer', 'identifier', 'model', 'hand')),
    url                 text NOT NULL,
    title               text NOT NULL,
    body                text NOT NULL DEFAULT '',
    state               text NOT NULL CHECK (state IN ('draft', 'open', 'merged', 'closed')),
    author              text,
    is_trusted          boolean NOT NULL,    -- its author may write to the repository
    is_fork             boolean NOT NULL,    -- its branch lies in another repository
    head_branch         text NOT NULL,
    head_sha            text NOT NULL,
    base_branch         text NOT NULL,
    opened_at           timestamptz NOT NULL,
    heard_at            timestamptz,         -- GitHub's own time of what is known; NULL: only our runner has told
    merged_at           timestamptz,
    merge_commit        text,
    closed_at           timestamptz,
    close_reason        text,
    judged_at           timestamptz,         -- somebody looked for its issue by its words
    ci_looked_at        timestamptz,
    ci_missing_at       timestamptz,
    ci_missing_sha      text,                -- for this commit no check ever started
    ci_missing_because  text
);
CREATE UNIQUE INDEX pull_by_number ON pull (lower(repository), number);
CREATE INDEX pull_by_issue ON pull (issue_id, opened_at DESC) WHERE issue_id IS NOT NULL;
CREATE INDEX pull_by_branch ON pull (head_branch, opened_at DESC);
CREATE INDEX pull_by_age ON pull (opened_at DESC, id DESC);
CREATE INDEX pull_unlinked ON pull (opened_at) WHERE issue_id IS NULL AND judged_at IS NULL;

-- The newest run of each of a repository's own workflows on a commit. It may be heard of before its pull request is.
CREATE TABLE ci_run (
    repository      text NOT NULL,           -- in lower case
    head_sha        text NOT NULL,
    workflow        text NOT NULL,
    event           text NOT NULL,
    external_id     bigint NOT NULL,
    attempt         integer NOT NULL,
    name            text NOT NULL,
    url             text NOT NULL,
    state           text NOT NULL CHECK (state IN ('waiting', 'held', 'passing', 'failing', 'void')),
    at              timestamptz NOT NULL,
    rerun_at        timestamptz,
    rerun_refused   text,
    PRIMARY KEY (repository, head_sha, workflow, event)
);
CREATE INDEX ci_run_by_age ON ci_run (at);

-- Another run on our own pull request: what a reviewer asked for, or a repair of what its checks found.
CREATE TABLE round (
    id         uuid PRIMARY KEY,
    pull_id    uuid NOT NULL REFERENCES pull ON DELETE CASCADE,
    kind       text NOT NULL CHECK (kind IN ('review', 'repair')),
    key        text NOT NULL,                -- the review, or the commit whose checks failed: one round each
    said_by    text,
    words      text NOT NULL DEFAULT '',
    url        text,
    wanted_at  timestamptz NOT NULL,
    state      text NOT NULL DEFAULT 'wanted' CHECK (state IN ('wanted', 'begun', 'dropped')),
    spawn_id   uuid REFERENCES spawn ON DELETE SET NULL,
    because    text,
    UNIQUE (pull_id, kind, key)
);
CREATE INDEX round_wanted ON round (wanted_at) WHERE state = 'wanted';
CREATE INDEX round_by_spawn ON round (spawn_id) WHERE spawn_id IS NOT NULL;

-- Up to when everything that changed in a repository's pull requests is known here.
CREATE TABLE reconciliation (
    repository  text PRIMARY KEY,
    until       timestamptz NOT NULL
);

CREATE VIEW pull_card AS
SELECT pull.id, pull.issue_id, issue.identifier, pull.run_id, pull.repository, pull.number, pull.url, pull.title, pull.state, pull.author,
       pull.is_trusted, pull.is_fork, pull.head_branch, pull.head_sha, pull.base_branch, pull.linked_by,
       (SELECT count(*) FROM round WHERE round.pull_id = pull.id AND round.kind = 'repair' AND round.state = 'begun') AS repairs,
       pull.opened_at, pull.heard_at, pull.merged_at, pull.merge_commit, pull.closed_at, pull.close_reason,
       CASE
           WHEN checks.failing IS NOT NULL THEN checks.failing || '{"state": "failing"}'
           WHEN checks.waiting IS NOT NULL THEN checks.waiting || '{"state": "waiting"}'
           WHEN checks.passing IS NOT NULL THEN checks.passing || '{"state": "passing"}'
           WHEN pull.ci_missing_sha = pull.head_sha THEN jsonb_build_object(
               'state', 'not_started', 'name', NULL, 'url', NULL, 'since', pull.ci_missing_at, 'because', pull.ci_missing_because)
           ELSE '{"state": "none", "name": null, "url": null, "since": null, "because": null}'
       END AS ci
FROM pull
LEFT JOIN issue ON issue.id = pull.issue_id
CROSS JOIN LATERAL (
    SELECT (jsonb_agg(shown ORDER BY at) FILTER (WHERE state = 'failing')) -> 0 AS failing,
           (jsonb_agg(shown ORDER BY at) FILTER (WHERE state IN ('waiting', 'held'))) -> 0 AS waiting,
           (jsonb_agg(shown ORDER BY at DESC) FILTER (WHERE state = 'passing')) -> 0 AS passing
    FROM (
        SELECT state, at, jsonb_build_object('name', name, 'url', url, 'since', at, 'because',
                                             CASE WHEN state = 'held' THEN 'It waits for somebody to approve it on GitHub.' END) AS shown
        FROM ci_run
        WHERE ci_run.repository = lower(pull.repository) AND ci_run.head_sha = pull.head_sha
    ) AS known
) AS checks;

-- As before, and what a pull request of ours needs a person for.
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
