-- What is to be done by itself, and when: in the past what is under way, in the future what somebody waits for. What an event brings about
-- need not stand here: who brought the event stays connected for minutes, and nothing rests meanwhile.
CREATE VIEW due AS
SELECT 'run' AS what, now() AS at FROM run WHERE state <> 'finished'
UNION ALL
SELECT 'turn', now() FROM turn WHERE state <> 'finished'
UNION ALL
SELECT 'socket', now() FROM connection
UNION ALL
SELECT 'told late', now() FROM family WHERE is_untold
UNION ALL
SELECT what, at
FROM (
    SELECT 'run ending' AS what, finished_at AS at FROM run WHERE state = 'finished' AND quiet_at IS NULL
    UNION ALL
    SELECT 'spawn', created_at FROM spawn WHERE state = 'waiting'
    UNION ALL
    SELECT 'wish', coalesce(wants_spawn_since, healed_at) FROM family WHERE wants_spawn_since IS NOT NULL OR healed_at IS NOT NULL
    UNION ALL
    SELECT 'delivery', try_at FROM delivery WHERE try_at IS NOT NULL
    UNION ALL
    SELECT 'notice', try_at
    FROM notice_target
    WHERE state = 'waiting' AND NOT EXISTS (SELECT FROM notice_refusal WHERE notice_refusal.endpoint = notice_target.endpoint)
    UNION ALL
    SELECT 'sentry', ask_at FROM sentry_issue WHERE ask_at IS NOT NULL
    UNION ALL
    SELECT 'suspicion', look_again_at FROM suspicion WHERE look_again_at IS NOT NULL
    UNION ALL
    SELECT 'round', wanted_at FROM round WHERE state = 'wanted'
    UNION ALL
    SELECT 'checks', greatest(opened_at, heard_at, ci_looked_at) + interval '10 minutes'
    FROM pull
    WHERE state IN ('draft', 'open') AND run_id IS NOT NULL AND NOT is_fork AND ci_missing_sha IS DISTINCT FROM head_sha
      AND greatest(opened_at, heard_at) > now() - interval '1 day'
      AND NOT EXISTS (
          SELECT FROM ci_run
          WHERE ci_run.repository = lower(pull.repository) AND ci_run.head_sha = pull.head_sha
          HAVING bool_and(ci_run.state NOT IN ('waiting', 'held')
                          AND NOT (ci_run.state = 'failing' AND ci_run.attempt = 1 AND ci_run.rerun_refused IS NULL))
      )
    UNION ALL
    SELECT 'fix', least(watch_until, at_most_until) FROM fix_attempt WHERE state = 'watching'
    UNION ALL
    SELECT 'deployment', least(coalesce(looked_at, merged_at) + interval '1 hour', at_most_until)
    FROM fix_attempt WHERE state = 'awaiting_deploy'
) AS waiting
WHERE at > now() - interval '1 day';   -- what was due for so long and nobody could do is looked at when something else is

-- There is a row while the database is left alone. Whoever connects meanwhile ends that.
CREATE TABLE rest (
    is_on  boolean PRIMARY KEY DEFAULT true CHECK (is_on),
    since  timestamptz NOT NULL,
    until  timestamptz NOT NULL
);
