-- The family of errors a spawn belongs to: its own cause's, or, where a person asked, its issue's newest. Breakers and kill switches go by it.
ALTER TABLE spawn ADD COLUMN family text;
UPDATE spawn
SET family = coalesce(cause ->> 'family', (
    SELECT errors.cause ->> 'family' FROM spawn AS errors
    WHERE errors.issue_id = spawn.issue_id AND errors.cause IS NOT NULL
    ORDER BY errors.created_at DESC
    LIMIT 1
));
