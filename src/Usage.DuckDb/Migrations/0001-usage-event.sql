-- The canonical row of docs/analytics.md. Times are UTC, money is nano-dollars, token buckets are disjoint.
CREATE TABLE usage_event (
    tenant_id VARCHAR NOT NULL,
    -- First 16 bytes of SHA-256 over (tenant, source, source_id): what makes importing a row twice harmless.
    row_key HUGEINT NOT NULL,
    -- Rises with the order of import: the source order within equal starts.
    row_no BIGINT NOT NULL,
    event_id VARCHAR NOT NULL,
    source VARCHAR NOT NULL,
    source_id VARCHAR NOT NULL,

    ts_start TIMESTAMP NOT NULL,
    ts_first_token TIMESTAMP,
    ts_end TIMESTAMP,

    operation VARCHAR NOT NULL,
    provider VARCHAR,
    request_model VARCHAR,
    response_model VARCHAR,
    deployment VARCHAR,
    region VARCHAR,
    service_tier VARCHAR NOT NULL,

    in_uncached BIGINT NOT NULL,
    in_cache_read BIGINT NOT NULL,
    in_cache_write_5m BIGINT NOT NULL,
    in_cache_write_1h BIGINT NOT NULL,
    in_audio BIGINT NOT NULL,
    in_image BIGINT NOT NULL,
    out_visible BIGINT NOT NULL,
    out_reasoning BIGINT NOT NULL,
    out_audio BIGINT NOT NULL,

    max_output_requested INTEGER,
    temperature DOUBLE,
    top_p DOUBLE,
    seed BIGINT,
    stream BOOLEAN,
    choice_count INTEGER,

    finish_reason VARCHAR,
    status VARCHAR NOT NULL,
    http_status INTEGER,
    error_type VARCHAR,
    attempt INTEGER,
    parent_event_id VARCHAR,

    user_id VARCHAR,
    end_user_id VARCHAR,
    team_id VARCHAR,
    api_key_hash VARCHAR,
    feature VARCHAR,
    environment VARCHAR,
    tags MAP(VARCHAR, VARCHAR) NOT NULL,

    conversation_id VARCHAR,
    trace_id VARCHAR,
    span_id VARCHAR,
    turn INTEGER,

    prompt_hash VARCHAR,
    prompt_norm_hash VARCHAR,
    prefix_block_hashes BIGINT[],
    block_size INTEGER,
    minhash INTEGER[],
    system_hash VARCHAR,
    tools_hash VARCHAR,
    tools_tokens INTEGER,

    tool_call_count INTEGER,
    batchable_hint BOOLEAN,
    deadline_s DOUBLE,
    quality_score DOUBLE,
    outcome VARCHAR,

    cost_recorded BIGINT,
    cost_recorded_currency VARCHAR,
    cost_model_version VARCHAR,
    cost_list BIGINT,
    cost_effective BIGINT,
    price_row_id VARCHAR,

    assumed_fields VARCHAR[] NOT NULL,
    dq_flags VARCHAR[] NOT NULL,
    -- Comma-separated text, because a list cannot be updated in place and these change with every price book.
    price_flags VARCHAR
);
