-- What is told to others' webhooks, kept until it is told. Queued with what it tells, once for each kind and key.
CREATE TABLE notice (
    id          uuid PRIMARY KEY,
    kind        text NOT NULL,
    key         text NOT NULL,
    body        text NOT NULL,            -- as it is signed and sent, the same at every try
    created_at  timestamptz NOT NULL,
    UNIQUE (kind, key)
);
CREATE INDEX notice_by_age ON notice (created_at DESC, id DESC);

-- To whom, and how it stands. The endpoint is named by its host and a hash: its address may hold a secret, and stands in the settings alone.
CREATE TABLE notice_target (
    notice_id     uuid NOT NULL REFERENCES notice ON DELETE CASCADE,
    endpoint      text NOT NULL,
    state         text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'failed')),
    tries         integer NOT NULL DEFAULT 0,   -- since it was queued, or a person had it sent again
    try_at        timestamptz,
    delivered_at  timestamptz,
    PRIMARY KEY (notice_id, endpoint),
    CHECK ((state = 'waiting') = (try_at IS NOT NULL)),
    CHECK ((state = 'delivered') = (delivered_at IS NOT NULL))
);
CREATE INDEX notice_due ON notice_target (try_at) WHERE state = 'waiting';

CREATE TABLE notice_try (
    notice_id  uuid NOT NULL,
    endpoint   text NOT NULL,
    number     integer NOT NULL,
    at         timestamptz NOT NULL,
    took_ms    integer,
    status     integer,
    failure    text,                      -- both NULL: it is under way, or was broken off
    PRIMARY KEY (notice_id, endpoint, number),
    FOREIGN KEY (notice_id, endpoint) REFERENCES notice_target ON DELETE CASCADE
);

-- Endpoints that asked not to be told any more.
CREATE TABLE notice_refusal (
    endpoint  text PRIMARY KEY,
    at        timestamptz NOT NULL
);
