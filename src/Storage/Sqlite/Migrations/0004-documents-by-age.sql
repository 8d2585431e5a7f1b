-- Old documents are removed from time to time; without this their contents would be read past to find them.
CREATE INDEX documents_by_age ON documents (saved_at, name);
