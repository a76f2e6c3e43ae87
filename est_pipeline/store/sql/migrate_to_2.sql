-- Brings a store from version 1 to version 2: later placings, rows that had been cut off, weeding.
-- Gives no result.
ALTER TABLE delivery ADD COLUMN size_bytes BIGINT;
ALTER TABLE delivery ADD COLUMN open_line BIGINT;

-- One row a later placing of a row that had no place when it came: from known_at on the report is
-- placed so; the latest one counts. (file_id, line_number, known_at) is unique.
CREATE TABLE placement (
    file_id INTEGER NOT NULL,
    line_number BIGINT NOT NULL,
    known_at TIMESTAMPTZ NOT NULL,
    "placing" VARCHAR NOT NULL,
    district_id VARCHAR NOT NULL,
    place_id VARCHAR,
    place_name VARCHAR,
    lon DOUBLE,
    lat DOUBLE,
    precision_m DOUBLE
);

-- One row a time that the rows without a place were looked up again: basis is a checksum of what
-- decides on a place, so that the next run need not when nothing has changed.
CREATE TABLE placing_basis (
    known_at TIMESTAMPTZ NOT NULL,
    basis VARCHAR NOT NULL
);

-- One row a row that a later file (by_file_id) showed to be no row of its own: it had been cut off
-- where a half-copied file ended. It counts no longer from the moment that file came.
CREATE TABLE withdrawn_row (
    file_id INTEGER NOT NULL,
    line_number BIGINT NOT NULL,
    by_file_id INTEGER NOT NULL
);

-- One row a purge. weeded_before_week is set once its rows are gone: no week before it can be
-- rebuilt. completed_at is set when everything is gone everywhere and the log says so.
CREATE TABLE purge (
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
CREATE TABLE retained_count (
    iso_week VARCHAR NOT NULL,
    district_id VARCHAR NOT NULL,
    category_code VARCHAR NOT NULL,
    incident_count BIGINT NOT NULL,
    report_count BIGINT NOT NULL,
    environment_case_count BIGINT NOT NULL,
    found_by_effort_count BIGINT NOT NULL
);

-- One row: the workspace's secret, drawn at random when the store is made. Case numbers of other
-- registers are recognised by a hash that needs it, so that nobody can try them all.
CREATE TABLE workspace_secret (secret VARCHAR NOT NULL);
