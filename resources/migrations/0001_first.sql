-- Jobs, drafts and accounts are JSON documents; what is searched or sorted by is a column beside them.
CREATE TABLE jobs (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    state TEXT NOT NULL,
    position REAL NOT NULL,
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL,
    document TEXT NOT NULL
) STRICT;
CREATE INDEX jobs_by_position ON jobs (position, created_at);
CREATE INDEX jobs_by_state ON jobs (state);

CREATE TABLE drafts (
    id TEXT PRIMARY KEY,
    updated_at REAL NOT NULL,
    document TEXT NOT NULL
) STRICT;

CREATE TABLE accounts (
    id TEXT PRIMARY KEY,
    provider TEXT NOT NULL,
    position REAL NOT NULL,
    document TEXT NOT NULL
) STRICT;

CREATE TABLE settings (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
