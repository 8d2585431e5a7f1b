-- A wish to stop a part of a run: a sub-agent's invocation or a tool call. A wish to stop the whole run stands in runs.
CREATE TABLE run_stops (
    user_id TEXT NOT NULL,
    run_id  TEXT NOT NULL,
    target  TEXT NOT NULL,
    reason  TEXT NOT NULL,
    PRIMARY KEY (user_id, run_id, target)
) WITHOUT ROWID;

-- What a user added to a run at work, in the order said.
CREATE TABLE run_steers (
    user_id    TEXT NOT NULL,
    run_id     TEXT NOT NULL,
    ordinal    INTEGER NOT NULL,
    message_id TEXT NOT NULL,
    content    TEXT NOT NULL,
    PRIMARY KEY (user_id, run_id, ordinal)
) WITHOUT ROWID;

-- The state after every step, not only after the last: a fork may begin at any of them.
CREATE TABLE run_checkpoints (
    user_id TEXT NOT NULL,
    run_id  TEXT NOT NULL,
    step    INTEGER NOT NULL,
    state   BLOB NOT NULL,
    PRIMARY KEY (user_id, run_id, step)
) WITHOUT ROWID;
INSERT INTO run_checkpoints SELECT user_id, run_id, step, state FROM checkpoints;
DROP TABLE checkpoints;

ALTER TABLE runs ADD COLUMN fork_of TEXT;
ALTER TABLE runs ADD COLUMN fork_step INTEGER;
ALTER TABLE threads ADD COLUMN parent_id TEXT;
