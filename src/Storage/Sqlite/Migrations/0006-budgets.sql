-- What users and organisations have spent on models by period (a day or a month, UTC), what is set aside for calls under way, and what
-- administrators allow. Money in 1e-9 US dollars.
CREATE TABLE budget_spent (
    kind   TEXT NOT NULL,
    owner  TEXT NOT NULL,
    period TEXT NOT NULL,
    nano   INTEGER NOT NULL,
    tokens INTEGER NOT NULL,
    PRIMARY KEY (kind, owner, period)
) WITHOUT ROWID;

CREATE TABLE budget_held (
    id              TEXT PRIMARY KEY,
    user_id         TEXT NOT NULL,
    organisation_id TEXT NOT NULL,
    run_id          TEXT NOT NULL,
    nano            INTEGER NOT NULL,
    tokens          INTEGER NOT NULL,
    held_at         INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX budget_held_by_user ON budget_held (user_id);
CREATE INDEX budget_held_by_organisation ON budget_held (organisation_id);

CREATE TABLE budget_settings (
    kind             TEXT NOT NULL,
    owner            TEXT NOT NULL,
    nano_per_day     INTEGER,
    nano_per_month   INTEGER,
    tokens_per_day   INTEGER,
    tokens_per_month INTEGER,
    set_at           INTEGER NOT NULL,
    set_by           TEXT NOT NULL,
    PRIMARY KEY (kind, owner)
) WITHOUT ROWID;
