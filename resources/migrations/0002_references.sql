-- The tray: originals are files named by their hash; what was uploaded is remembered by account and hash of what was sent.
CREATE TABLE tray (
    sha256 TEXT PRIMARY KEY,
    added_at REAL NOT NULL,
    used_at REAL NOT NULL,
    pinned INTEGER NOT NULL DEFAULT 0,
    hidden INTEGER NOT NULL DEFAULT 0,
    document TEXT NOT NULL
) STRICT;
CREATE INDEX tray_by_use ON tray (pinned, used_at);

CREATE TABLE uploads (
    account TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    uploaded_at REAL NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (account, sha256)
) STRICT;
