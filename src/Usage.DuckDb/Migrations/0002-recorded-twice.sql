-- Nearly every question leaves out rows flagged duplicate_source: a column of its own costs next to nothing to filter by, a list does not.
ALTER TABLE usage_event ADD COLUMN recorded_twice BOOLEAN DEFAULT false;
