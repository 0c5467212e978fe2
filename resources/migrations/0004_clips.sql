-- The library: finished clips, which outlive their jobs. `revision` grows with every change, so that another process finds
-- what is new. A clip that was taken out of the library stays out, though its job is still in the queue.
CREATE TABLE clips (
    id TEXT PRIMARY KEY,
    revision INTEGER NOT NULL,
    document TEXT NOT NULL,
    marks TEXT NOT NULL DEFAULT '{}'
) STRICT;
CREATE INDEX clips_by_revision ON clips (revision);

CREATE TABLE removed_clips (
    id TEXT PRIMARY KEY
) STRICT;

INSERT INTO clips (id, revision, document) SELECT id, 1, document FROM jobs WHERE state = 'done';
