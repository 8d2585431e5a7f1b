-- Apart from 0002: a table cannot be updated in the transaction that altered it.
UPDATE usage_event SET recorded_twice = true WHERE list_contains(dq_flags, 'duplicate_source');
