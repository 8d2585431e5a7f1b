-- Tokens of models that a run has used, whichever process it was at work in; and what a run asked for that waits for its budget.
ALTER TABLE runs ADD COLUMN tokens_used INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN asks_nano INTEGER;
ALTER TABLE runs ADD COLUMN asks_tokens INTEGER;
CREATE INDEX runs_waiting_for_budget ON runs (created_at) WHERE needs = 'budget';
