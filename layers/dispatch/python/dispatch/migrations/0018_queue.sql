-- As before, with what each waits for, and the place that a newcomer for an issue would have (its `spawn_id` is NULL).
-- How often a customer was served is counted once, not once for everyone who waits.
DROP FUNCTION spawn_queue;
CREATE FUNCTION spawn_queue(at timestamptz, newcomer uuid DEFAULT NULL)
RETURNS TABLE (spawn_id uuid, waits_for text, band integer, place bigint)
LANGUAGE sql STABLE AS $$
    WITH served AS MATERIALIZED (
        SELECT customer_id, count(*) AS runs
        FROM ledger
        WHERE kind = 'reserve' AND day = (at AT TIME ZONE 'UTC')::date
        GROUP BY customer_id
    ), waiting AS (
        SELECT spawn.id, spawn.waits_for, spawn.created_at, issue.customer_id, spawn_band(issue.priority, spawn.created_at, at) AS band
        FROM spawn JOIN issue ON issue.id = spawn.issue_id
        WHERE spawn.state = 'waiting' AND spawn.issue_id IS DISTINCT FROM newcomer
        UNION ALL
        SELECT NULL, NULL, at, customer_id, spawn_band(priority, at, at) FROM issue WHERE id = newcomer
    )
    SELECT turn.id, turn.waits_for, turn.band, row_number() OVER (ORDER BY turn.band, turn.number, turn.created_at, turn.id)
    FROM (
        SELECT waiting.*, coalesce(served.runs, 0)
                          + row_number() OVER (PARTITION BY waiting.customer_id ORDER BY waiting.band, waiting.created_at, waiting.id) AS number
        FROM waiting LEFT JOIN served ON served.customer_id IS NOT DISTINCT FROM waiting.customer_id
    ) AS turn
$$;
