-- Sentry's own issues: what was counted of each, and what is still to be asked about it.
CREATE TABLE sentry_issue (
    id             text PRIMARY KEY,       -- Sentry's
    delivery       text NOT NULL,          -- the one that told of it first: its words are the error's
    key            text NOT NULL,          -- of its newest sighting
    counted        bigint NOT NULL,        -- so many of its events are counted by now
    counted_until  timestamptz,            -- Sentry has told how many there were up to then; NULL: it told of single events alone
    ask_at         timestamptz,            -- when Sentry is asked for the details; NULL: there is nothing to ask
    tries          integer NOT NULL DEFAULT 0
);
CREATE INDEX sentry_issue_to_ask ON sentry_issue (ask_at) WHERE ask_at IS NOT NULL;
