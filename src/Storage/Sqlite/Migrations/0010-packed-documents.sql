-- Large documents are packed; those stored before stay as they are.
ALTER TABLE documents ADD COLUMN packed INTEGER NOT NULL DEFAULT 0;
