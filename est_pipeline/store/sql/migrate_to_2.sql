-- Brings a store from version 1 to version 2: later placings. Gives no result.
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
