-- How far the user's devices have come: the highest seq handed to a socket, and the highest one a client said it has processed.
ALTER TABLE feeds ADD COLUMN delivered INTEGER NOT NULL DEFAULT 0;
ALTER TABLE feeds ADD COLUMN confirmed INTEGER NOT NULL DEFAULT 0;

-- finished_at is null until every addressee has the broadcast in its feed.
CREATE TABLE broadcasts (
    id             TEXT PRIMARY KEY,
    at             INTEGER NOT NULL,
    author         TEXT NOT NULL,
    title          TEXT NOT NULL,
    body           TEXT NOT NULL,
    severity       TEXT NOT NULL,
    audience       TEXT NOT NULL,
    audience_value TEXT,
    finished_at    INTEGER
) WITHOUT ROWID;
CREATE INDEX broadcasts_by_time ON broadcasts (at);

-- Written with the event itself: a user who stands here has it, once.
CREATE TABLE broadcast_recipients (
    broadcast_id TEXT NOT NULL,
    user_id      TEXT NOT NULL,
    seq          INTEGER NOT NULL,
    dismissed_at INTEGER,
    PRIMARY KEY (broadcast_id, user_id)
) WITHOUT ROWID;
CREATE INDEX broadcast_recipients_undismissed ON broadcast_recipients (user_id, seq) WHERE dismissed_at IS NULL;
