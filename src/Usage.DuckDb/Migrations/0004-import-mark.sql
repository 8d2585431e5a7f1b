-- How far each import under way has come, written in the transaction of its rows: one that a crash cut goes on from here.
CREATE TABLE import_mark (
    tenant_id VARCHAR NOT NULL,
    import_id VARCHAR NOT NULL,
    rows_taken BIGINT NOT NULL,
    rows_stored BIGINT NOT NULL
);
