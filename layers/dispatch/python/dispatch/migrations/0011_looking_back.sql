-- Looking back: runs newest first, a workflow's latest endings, a day's ledger, and the requests of a period.
CREATE INDEX run_by_age ON run (created_at DESC, id DESC);
CREATE INDEX run_by_workflow ON run (workflow, finished_at DESC) WHERE state = 'finished';
CREATE INDEX ledger_by_day ON ledger (day, id DESC);
CREATE INDEX spawn_by_age ON spawn (created_at, id);
