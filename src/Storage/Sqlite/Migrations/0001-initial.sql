-- Everything is keyed by its owner. Times are milliseconds since 1970 UTC; enums are the words of the wire.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- A user's feed. The head is the highest seq in events, or trimmed_to when everything was trimmed.
CREATE TABLE feeds (
    id         INTEGER PRIMARY KEY,
    user_id    TEXT NOT NULL UNIQUE,
    trimmed_to INTEGER NOT NULL DEFAULT 0
);

-- position = feed id * 2^40 + seq: one tree, each feed in one piece and in order, no second index to keep.
CREATE TABLE events (
    position  INTEGER PRIMARY KEY,
    at        INTEGER NOT NULL,
    type      TEXT NOT NULL,
    thread_id TEXT,
    run_id    TEXT,
    run_seq   INTEGER,
    body      BLOB NOT NULL
);

-- Where a run's events begin and end in its feed; last_seq is null until the terminal event.
CREATE TABLE run_spans (
    user_id   TEXT NOT NULL,
    run_id    TEXT NOT NULL,
    first_seq INTEGER NOT NULL,
    last_seq  INTEGER,
    PRIMARY KEY (user_id, run_id)
) WITHOUT ROWID;

CREATE TABLE threads (
    user_id       TEXT NOT NULL,
    id            TEXT NOT NULL,
    title         TEXT NOT NULL,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    message_count INTEGER NOT NULL DEFAULT 0,
    archived      INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (user_id, id)
) WITHOUT ROWID;
CREATE INDEX threads_by_activity ON threads (user_id, archived, updated_at, id);

-- place orders the messages of a thread as they were stored: clocks may stand still.
CREATE TABLE messages (
    place      INTEGER PRIMARY KEY,
    user_id    TEXT NOT NULL,
    id         TEXT NOT NULL,
    thread_id  TEXT NOT NULL,
    role       TEXT NOT NULL,
    content    TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    run_id     TEXT,
    metadata   BLOB,
    UNIQUE (user_id, id)
);
CREATE INDEX messages_by_thread ON messages (user_id, thread_id, place);

CREATE TABLE runs (
    user_id          TEXT NOT NULL,
    id               TEXT NOT NULL,
    thread_id        TEXT NOT NULL,
    message_id       TEXT NOT NULL,
    state            TEXT NOT NULL,
    ended            INTEGER NOT NULL,
    epoch            INTEGER NOT NULL,
    attempt          INTEGER NOT NULL,
    created_at       INTEGER NOT NULL,
    deadline         INTEGER NOT NULL,
    started_at       INTEGER,
    ended_at         INTEGER,
    reason           TEXT,
    cancel_requested INTEGER NOT NULL,
    request_id       TEXT,
    PRIMARY KEY (user_id, id)
) WITHOUT ROWID;
CREATE INDEX runs_by_thread ON runs (user_id, thread_id, created_at);
CREATE INDEX runs_unfinished ON runs (created_at) WHERE ended = 0;

CREATE TABLE checkpoints (
    user_id TEXT NOT NULL,
    run_id  TEXT NOT NULL,
    step    INTEGER NOT NULL,
    state   BLOB NOT NULL,
    PRIMARY KEY (user_id, run_id)
) WITHOUT ROWID;

CREATE TABLE tool_calls (
    user_id        TEXT NOT NULL,
    run_id         TEXT NOT NULL,
    step           INTEGER NOT NULL,
    ordinal        INTEGER NOT NULL,
    tool_call_id   TEXT NOT NULL,
    tool_name      TEXT NOT NULL,
    arguments_hash TEXT NOT NULL,
    receipt        BLOB,
    at             INTEGER NOT NULL,
    PRIMARY KEY (user_id, run_id, step, ordinal)
) WITHOUT ROWID;

CREATE TABLE idempotency_keys (
    user_id    TEXT NOT NULL,
    key        TEXT NOT NULL,
    body_hash  TEXT NOT NULL,
    thread_id  TEXT NOT NULL,
    message_id TEXT NOT NULL,
    run_id     TEXT NOT NULL,
    at         INTEGER NOT NULL,
    PRIMARY KEY (user_id, key)
) WITHOUT ROWID;

CREATE TABLE users (
    id              TEXT PRIMARY KEY,
    email           TEXT NOT NULL,
    email_key       TEXT NOT NULL UNIQUE,
    name            TEXT,
    organisation_id TEXT NOT NULL,
    tier            TEXT NOT NULL,
    roles           TEXT NOT NULL,
    password_hash   TEXT,
    created_at      INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE sessions (
    id           TEXT PRIMARY KEY,
    user_id      TEXT NOT NULL REFERENCES users (id),
    device       TEXT,
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    revoked_at   INTEGER
) WITHOUT ROWID;
CREATE INDEX sessions_by_user ON sessions (user_id, created_at);

-- A replaced token stays, so that its second use is known for what it is.
CREATE TABLE refresh_tokens (
    hash       TEXT PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions (id),
    expires_at INTEGER NOT NULL,
    replaced   INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);

CREATE TABLE login_failures (
    id        INTEGER PRIMARY KEY,
    email_key TEXT NOT NULL,
    at        INTEGER NOT NULL
);
CREATE INDEX login_failures_by_email ON login_failures (email_key, at);

CREATE TABLE audit (
    id      INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    action  TEXT NOT NULL,
    user_id TEXT,
    subject TEXT,
    detail  TEXT
);
CREATE INDEX audit_by_time ON audit (at);

CREATE TABLE documents (
    organisation_id TEXT NOT NULL,
    name            TEXT NOT NULL,
    content         BLOB NOT NULL,
    saved_at        INTEGER NOT NULL,
    UNIQUE (organisation_id, name)
);
