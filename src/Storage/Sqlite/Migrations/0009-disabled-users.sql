-- When an administrator shut the account; null for one that is open.
ALTER TABLE users ADD COLUMN disabled_at INTEGER;
