-- Feeds: ordered, resumable, gapless per topic. And who is watching them.
CREATE TABLE feed (
    topic  text PRIMARY KEY,
    seq    bigint NOT NULL
);

CREATE TABLE frame (
    topic  text NOT NULL,
    seq    bigint NOT NULL,
    kind   text NOT NULL,
    at     timestamptz NOT NULL,
    data   jsonb NOT NULL,
    PRIMARY KEY (topic, seq)
);
CREATE INDEX frame_by_age ON frame (at) WHERE topic NOT LIKE 'run:%';

CREATE TABLE connection (
    id            text PRIMARY KEY,
    caller        jsonb NOT NULL,
    connected_at  timestamptz NOT NULL
);

CREATE TABLE watch (
    connection_id  text NOT NULL REFERENCES connection ON DELETE CASCADE,
    topic          text NOT NULL,
    PRIMARY KEY (connection_id, topic)
);
CREATE INDEX watch_by_topic ON watch (topic);

CREATE TABLE socket_ticket (
    token_hash  bytea PRIMARY KEY,
    caller      jsonb NOT NULL,
    expires_at  timestamptz NOT NULL
);
