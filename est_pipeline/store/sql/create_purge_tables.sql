-- Makes the tables of weeding, where they are missing: a store made before them gets them when it is
-- opened. Gives no result.

-- One row a purge. weeded_before_week is set once its rows are gone: no week before it can be
-- rebuilt. completed_at is set when everything is gone everywhere and the log says so.
CREATE TABLE IF NOT EXISTS purge (
    purge_id INTEGER NOT NULL,
    plan_code VARCHAR NOT NULL,
    decision VARCHAR NOT NULL,
    as_of_on DATE NOT NULL,
    started_at TIMESTAMPTZ NOT NULL,
    weeded_before_week VARCHAR,
    completed_at TIMESTAMPTZ
);

-- One row a week, district and category of a week that has been weeded: its counts as they were
-- when its first rows went, final from then on. Numbers only, no row behind them.
CREATE TABLE IF NOT EXISTS retained_count (
    iso_week VARCHAR NOT NULL,
    district_id VARCHAR NOT NULL,
    category_code VARCHAR NOT NULL,
    incident_count BIGINT NOT NULL,
    report_count BIGINT NOT NULL,
    environment_case_count BIGINT NOT NULL,
    found_by_effort_count BIGINT NOT NULL
);
