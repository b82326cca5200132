-- A run's job at its runtime. `start_after`: not asked to start before then. `job_ref`: the branch whose workflow file it was started on.
-- `external_id` '' means: it was started, and the runtime did not say what it calls it.
ALTER TABLE run
    ADD COLUMN start_after timestamptz,
    ADD COLUMN job_ref text;
CREATE INDEX run_by_job ON run (external_id) WHERE external_id <> '';
