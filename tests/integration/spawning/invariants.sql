-- What must hold whenever a run is admitted, summed up in the admission's own transaction from the tables themselves, by the policy in
-- force. Breaches are written down, so that a storm of works can go on and be judged at its end.
CREATE TABLE breach (
    id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    what   text NOT NULL,
    facts  jsonb NOT NULL
);

-- The moment an admission speaks of is when it read the books: what another work tells meanwhile (a run that cost more than its reserve,
-- a claim, a failure) is after it, as if it had come a moment later. The view notes that moment: the first look at the ledger.
CREATE FUNCTION note_moment(snapshot text) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    IF coalesce(current_setting('storm.moment', true), '') = '' THEN
        PERFORM set_config('storm.moment', snapshot, true);
    END IF;
    RETURN true;
END $$;
ALTER TABLE ledger RENAME TO ledger_rows;
CREATE VIEW ledger AS SELECT * FROM ledger_rows WHERE (SELECT note_moment(pg_current_snapshot()::text));

CREATE FUNCTION was_there(row_xmin xid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce(pg_visible_in_snapshot(row_xmin::text::xid8, nullif(current_setting('storm.moment', true), '')::pg_snapshot), true)
$$;

-- What is reserved, and settled on that day; of one workflow or customer, or (NULL) of all. Without what was told after the moment beyond
-- its reserve; what has become less since counts as less.
CREATE FUNCTION money_used(of_day date, of_workflow text, of_customer uuid) RETURNS numeric LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(CASE
        WHEN entry.kind = 'reserve' AND NOT EXISTS (
            SELECT FROM ledger_rows AS closing
            WHERE closing.run_id = entry.run_id AND closing.generation = entry.generation AND closing.kind IN ('settle', 'release')
        ) THEN entry.amount_usd
        WHEN entry.day = of_day AND entry.kind = 'settle' THEN
            CASE WHEN was_there(entry.xmin) THEN entry.amount_usd ELSE least(entry.amount_usd, (
                SELECT amount_usd FROM ledger_rows AS held
                WHERE held.run_id = entry.run_id AND held.generation = entry.generation AND held.kind = 'reserve'
            )) END
        WHEN entry.day = of_day AND entry.kind = 'correct' AND was_there(entry.xmin) THEN entry.amount_usd
    END), 0)
    FROM ledger_rows AS entry
    WHERE (of_workflow IS NULL OR entry.workflow = of_workflow)
      AND (of_customer IS NULL OR entry.customer_id = of_customer)
      AND (entry.day = of_day OR entry.run_id IN (SELECT id FROM run WHERE state <> 'finished'))
$$;

CREATE FUNCTION judge_admission() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    lim jsonb := (SELECT limits FROM policy ORDER BY version DESC LIMIT 1);
    mine run := (SELECT run FROM run WHERE id = NEW.run_id);
    held ledger_rows := (SELECT ledger_rows FROM ledger_rows WHERE run_id = NEW.run_id AND kind = 'reserve');
    paced boolean := NEW.forced_because IS NULL;
    is_error boolean := NEW.workflow = 'auto-investigate';
    bucket text := CASE WHEN is_error THEN 'error' ELSE 'prd' END;
    family text := coalesce(NEW.cause ->> 'family', (
        SELECT cause ->> 'family' FROM spawn
        WHERE issue_id = NEW.issue_id AND cause IS NOT NULL AND id <> NEW.id ORDER BY created_at DESC LIMIT 1
    ));
    customer text := (SELECT slug FROM customer WHERE id = held.customer_id);
    own_limit numeric;
    needed integer;
    one record;
BEGIN
    INSERT INTO breach (what, facts)
    SELECT what, jsonb_build_object('spawn', NEW.id, 'run', NEW.run_id, 'workflow', NEW.workflow, 'operation', TG_OP, 'at', NEW.decided_at,
                                    'used', used, 'allowed', allowed)
    FROM (
        SELECT 'concurrency' AS what, count(*)::numeric AS used, (lim ->> 'max_concurrent_spawns')::numeric AS allowed, paced AS applies
        FROM run WHERE state <> 'finished'
        UNION ALL
        SELECT 'concurrency of ' || bucket, count(*), (lim ->> ('max_concurrent_spawns_' || bucket))::numeric, paced
        FROM run WHERE state <> 'finished' AND (workflow = 'auto-investigate') = is_error
        UNION ALL
        SELECT 'daily spawns', count(*), (lim ->> 'daily_spawn_budget')::numeric, paced
        FROM ledger_rows WHERE kind = 'reserve' AND day = held.day
        UNION ALL
        SELECT 'daily spawns of ' || bucket, count(*), (lim ->> ('daily_spawn_budget_' || bucket))::numeric, paced
        FROM ledger_rows WHERE kind = 'reserve' AND day = held.day AND (workflow = 'auto-investigate') = is_error
        UNION ALL
        SELECT 'money', money_used(held.day, NULL, NULL), (lim ->> 'daily_cost_limit_usd')::numeric, true
        UNION ALL
        SELECT 'money of the workflow', money_used(held.day, NEW.workflow, NULL),
               (lim -> 'daily_cost_limit_by_workflow' ->> NEW.workflow)::numeric, true
        UNION ALL
        SELECT 'money of the customer', money_used(held.day, NULL, held.customer_id),
               coalesce(lim -> 'daily_cost_limit_by_customer' ->> customer, lim ->> 'daily_cost_limit_per_customer')::numeric, customer IS NOT NULL
        UNION ALL
        SELECT 'a reserve above what one run may cost', held.amount_usd,
               coalesce(lim -> 'max_agent_cost_by_workflow' ->> NEW.workflow, lim ->> 'max_agent_cost_per_run')::numeric, true
        UNION ALL
        SELECT 'a cap that is not reserved', mine.cap_usd, held.amount_usd, true
    ) AS gate
    WHERE applies AND used > allowed;

    INSERT INTO breach (what, facts)
    SELECT what, jsonb_build_object('spawn', NEW.id, 'run', NEW.run_id, 'operation', TG_OP, 'at', NEW.decided_at)
    FROM (
        SELECT 'nothing is reserved' AS what WHERE held.id IS NULL
        UNION ALL
        SELECT 'a closed kill switch' FROM kill_switch
        WHERE opened_at IS NULL AND CASE scope
            WHEN 'everything' THEN true WHEN 'workflow' THEN value = NEW.workflow WHEN 'repository' THEN value = mine.repository
            ELSE value = family END
        UNION ALL
        SELECT 'a closed issue' FROM issue JOIN status ON status.id = issue.status_id
        WHERE issue.id = NEW.issue_id AND status.is_closed
        UNION ALL
        SELECT 'an unapproved plan' WHERE NEW.workflow = 'prd-implement' AND NOT EXISTS (
            SELECT FROM plan WHERE issue_id = NEW.issue_id AND state = 'approved' AND (
                (lim ->> 'plan_approval_days')::integer = 0
                OR NEW.decided_at - decided_at <= make_interval(days => (lim ->> 'plan_approval_days')::integer)
            )
        )
        UNION ALL
        SELECT 'cooldown' WHERE paced AND NEW.cause IS NOT NULL AND EXISTS (
            SELECT FROM run JOIN spawn AS earlier ON earlier.run_id = run.id
            WHERE earlier.cause ->> 'family' = NEW.cause ->> 'family' AND was_there(run.xmin)
              AND run.started_at > NEW.decided_at - make_interval(hours => (lim ->> 'spawn_cooldown_hours')::integer)
        )
        UNION ALL
        SELECT 'review capacity' WHERE paced AND NEW.cause IS NOT NULL AND (lim ->> 'max_waiting_reviews')::integer
            BETWEEN 1 AND (SELECT count(*) FROM plan WHERE state = 'proposed' AND was_there(xmin))
        UNION ALL
        SELECT 'what somebody ahead waits for: ' || ahead.waits_for
        FROM spawn AS ahead JOIN issue ON issue.id = ahead.issue_id, issue AS own
        WHERE TG_OP = 'INSERT' AND own.id = NEW.issue_id AND ahead.state = 'waiting'
          AND spawn_band(issue.priority, ahead.created_at, NEW.decided_at) <= right(own.priority, 1)::integer
          AND (ahead.waits_for = 'money'
               OR ahead.waits_for = 'money:customer:' || customer
                  AND coalesce(lim -> 'daily_cost_limit_by_customer' ->> customer, lim ->> 'daily_cost_limit_per_customer') IS NOT NULL
               OR ahead.waits_for = 'money:workflow:' || NEW.workflow AND lim -> 'daily_cost_limit_by_workflow' ? NEW.workflow
               OR paced AND ahead.waits_for IN ('concurrency', 'concurrency:' || bucket, 'daily_spawns:' || bucket)
               OR paced AND ahead.waits_for = 'daily_spawns' AND lim ->> 'daily_spawn_budget' IS NOT NULL)
    ) AS gate;

    IF paced AND NEW.cause IS NOT NULL AND NOT lim -> 'immediate_spawn_sources' ? (NEW.cause ->> 'source') THEN
        INSERT INTO breach (what, facts)
        SELECT 'occurrences or delay', jsonb_build_object('spawn', NEW.id, 'cause', NEW.cause, 'at', NEW.decided_at)
        WHERE (NEW.cause ->> 'occurrences')::integer < (lim ->> 'min_event_count_to_spawn')::integer
           OR NEW.decided_at < (NEW.cause ->> 'seen_at')::timestamptz + make_interval(mins => (lim ->> 'spawn_delay_minutes')::integer);
    END IF;

    FOR one IN
        SELECT * FROM breaker
        WHERE paced AND was_there(xmin) AND value = CASE scope WHEN 'workflow' THEN NEW.workflow ELSE family END
          AND (lim ->> 'breaker_failures')::integer BETWEEN 1 AND failures
    LOOP
        INSERT INTO breach (what, facts)
        SELECT 'an open breaker', jsonb_build_object('spawn', NEW.id, 'run', NEW.run_id, 'at', NEW.decided_at, 'breaker', to_jsonb(one))
        WHERE NEW.decided_at < one.failed_at + make_interval(mins => (lim ->> 'breaker_minutes')::integer)
           OR mine.cap_usd > (lim ->> 'breaker_probe_usd')::numeric
           OR EXISTS (
               SELECT FROM run LEFT JOIN spawn ON spawn.run_id = run.id
               WHERE run.state <> 'finished' AND run.id <> NEW.run_id
                 AND one.value = CASE one.scope WHEN 'workflow' THEN run.workflow ELSE spawn.family END
           );
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER judge_admission AFTER INSERT OR UPDATE OF state ON spawn
    FOR EACH ROW WHEN (NEW.state = 'admitted') EXECUTE FUNCTION judge_admission();

-- An ended run stays as it ended; only what it cost may yet become more.
CREATE FUNCTION judge_ended() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    may_change text[] := '{cost_usd,quiet_at,stopped_by,external_id,external_url,brief}';
BEGIN
    IF to_jsonb(OLD) - may_change <> to_jsonb(NEW) - may_change OR NEW.cost_usd < OLD.cost_usd THEN
        INSERT INTO breach (what, facts) VALUES ('an ended run changed', jsonb_build_object('before', to_jsonb(OLD), 'after', to_jsonb(NEW)));
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER judge_ended AFTER UPDATE ON run
    FOR EACH ROW WHEN (OLD.state = 'finished') EXECUTE FUNCTION judge_ended();

CREATE FUNCTION judge_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO breach (what, facts)
    SELECT 'an event of a run that does not run', jsonb_build_object('run', id, 'state', state) FROM run WHERE id = NEW.run_id AND state <> 'running';
    RETURN NULL;
END $$;
CREATE TRIGGER judge_event AFTER INSERT ON run_event FOR EACH ROW EXECUTE FUNCTION judge_event();

CREATE FUNCTION judge_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO breach (what, facts) VALUES ('the ledger was rewritten', to_jsonb(OLD));
    RETURN NULL;
END $$;
CREATE TRIGGER judge_rewriting AFTER UPDATE OR DELETE ON ledger_rows FOR EACH ROW EXECUTE FUNCTION judge_rewriting();
