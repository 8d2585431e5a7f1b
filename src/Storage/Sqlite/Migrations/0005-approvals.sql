-- What runs ask their users. body is the approval as the wire has it; the other columns are what is looked for.
CREATE TABLE approvals (
    user_id      TEXT NOT NULL,
    id           TEXT NOT NULL,
    run_id       TEXT NOT NULL,
    state        TEXT NOT NULL,
    requested_at INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    body         BLOB NOT NULL,
    PRIMARY KEY (user_id, id)
) WITHOUT ROWID;
CREATE INDEX approvals_by_run ON approvals (user_id, run_id);
CREATE INDEX approvals_pending ON approvals (expires_at) WHERE state = 'pending';

-- What a run that waits needs, when it goes on even so, and the milliseconds of its limit of time that were left when it began to wait.
ALTER TABLE runs ADD COLUMN needs TEXT;
ALTER TABLE runs ADD COLUMN waits_until INTEGER;
ALTER TABLE runs ADD COLUMN time_left INTEGER;
CREATE INDEX runs_waiting ON runs (waits_until) WHERE waits_until IS NOT NULL;
