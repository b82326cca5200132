-- People, their sessions, tokens for machines, and what was tried at the door.
CREATE TABLE person (
    id             uuid PRIMARY KEY,
    name           text NOT NULL,
    role           text NOT NULL CHECK (role IN ('viewer', 'operator', 'approver', 'admin')),
    password_hash  text,          -- NULL: the owner, who signs in with DISPATCH_PASSWORD
    created_at     timestamptz NOT NULL,
    disabled_at    timestamptz
);
CREATE UNIQUE INDEX person_name ON person (lower(name));

CREATE TABLE session (
    token_hash  bytea PRIMARY KEY,
    person_id   uuid NOT NULL REFERENCES person ON DELETE CASCADE,
    created_at  timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    revoked_at  timestamptz
);

CREATE TABLE api_token (
    id          uuid PRIMARY KEY,
    name        text NOT NULL,
    token_hash  bytea NOT NULL UNIQUE,
    scopes      text[] NOT NULL,
    created_by  uuid REFERENCES person,
    created_at  timestamptz NOT NULL,
    expires_at  timestamptz,
    revoked_at  timestamptz
);

CREATE TABLE sign_in_failure (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    address  text NOT NULL,
    account  text NOT NULL,
    at       timestamptz NOT NULL
);
CREATE INDEX sign_in_failure_recent ON sign_in_failure (at);

CREATE TABLE audit (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at       timestamptz NOT NULL,
    actor    jsonb NOT NULL,
    address  text,
    action   text NOT NULL,
    subject  text NOT NULL,
    before   jsonb,
    after    jsonb
);
