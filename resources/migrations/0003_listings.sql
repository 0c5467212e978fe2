-- The live lists of models: the last answer of each place, every model that was ever seen there, and what was said of it.
CREATE TABLE listings (
    place TEXT PRIMARY KEY,
    fetched_at REAL NOT NULL,
    document TEXT NOT NULL,
    body BLOB NOT NULL
) STRICT;

CREATE TABLE listed_models (
    place TEXT NOT NULL,
    model TEXT NOT NULL,
    position INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (place, model)
) STRICT;

CREATE TABLE warnings (
    key TEXT PRIMARY KEY,
    dismissed INTEGER NOT NULL DEFAULT 0,
    document TEXT NOT NULL
) STRICT;
