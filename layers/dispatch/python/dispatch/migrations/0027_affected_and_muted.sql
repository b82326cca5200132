-- Whom errors hit, which releases told of them, and what is to stay out.

-- Ids of people and organisations are never kept: what is, is a hash with a key that only this database has.
CREATE TABLE affected_key (
    id   integer PRIMARY KEY DEFAULT 1 CHECK (id = 1),
    key  bytea NOT NULL DEFAULT decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex')
);
INSERT INTO affected_key DEFAULT VALUES;

CREATE FUNCTION affected_hash(kind text, name text) RETURNS bytea
LANGUAGE sql STABLE AS $$
    SELECT sha256(key || sha256(key || convert_to(kind || ':' || name, 'UTF8'))) FROM affected_key
$$;

CREATE TABLE affected (
    fingerprint  text NOT NULL REFERENCES fingerprint ON DELETE CASCADE,
    kind         text NOT NULL CHECK (kind IN ('user', 'organisation')),
    hash         bytea NOT NULL,
    PRIMARY KEY (fingerprint, kind, hash)
);

-- The names by which applications know a customer, so that an error that hits them is known as theirs.
ALTER TABLE customer ADD COLUMN organisations text[] NOT NULL DEFAULT '{}';
CREATE TABLE customer_organisation (
    hash         bytea NOT NULL,
    customer_id  uuid NOT NULL REFERENCES customer ON DELETE CASCADE,
    PRIMARY KEY (hash, customer_id)
);

-- When a release was first named by any report.
CREATE TABLE heard_release (
    release   text PRIMARY KEY,
    heard_at  timestamptz NOT NULL
);

-- What stays out is counted, and opens, reopens and asks nothing.
CREATE TABLE mute (
    id        uuid PRIMARY KEY,
    scope     text NOT NULL CHECK (scope IN ('source', 'family')),
    value     text NOT NULL,
    because   text NOT NULL,
    by        text NOT NULL,
    at        timestamptz NOT NULL,
    until     timestamptz,                 -- NULL: until somebody ends it
    ended_at  timestamptz                  -- somebody did
);
CREATE UNIQUE INDEX mute_stands ON mute (scope, value) WHERE ended_at IS NULL;

-- The customers whose organisations the family hits.
CREATE FUNCTION affected_customers(of_family uuid) RETURNS TABLE (id uuid, name text, slug text)
LANGUAGE sql STABLE AS $$
    SELECT DISTINCT customer.id, customer.name, customer.slug
    FROM fingerprint
    JOIN affected ON affected.fingerprint = fingerprint.hash AND affected.kind = 'organisation'
    JOIN customer_organisation ON customer_organisation.hash = affected.hash
    JOIN customer ON customer.id = customer_organisation.customer_id
    WHERE fingerprint.family_id = of_family
$$;
