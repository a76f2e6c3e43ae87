-- The store's tables and views; created once, inside one transaction. Gives no result.
-- Names in table order; every moment is TIMESTAMPTZ and the session's time zone is UTC.

-- One row: the version of this file's layout.
CREATE TABLE schema_version (version INTEGER NOT NULL);

-- One row: the workspace's secret, drawn at random when the store is made. Case numbers of other
-- registers are recognised by a hash that needs it, so that nobody can try them all.
CREATE TABLE workspace_secret (secret VARCHAR NOT NULL);

CREATE SEQUENCE file_id_sequence;

-- One row a delivered file, in the order in which the files came.
-- version_at dates the wording of its rows: received_at, or what the file itself says.
-- undone_at is set when the file is taken back; its rows stay, so that an earlier moment can be
-- rebuilt. is_history: its rows count as known from their own report date. open_line: the last row,
-- where the file ends without a line end, so that the row may have been cut off.
CREATE TABLE delivery (
    file_id INTEGER PRIMARY KEY,
    source_id VARCHAR NOT NULL,
    file_name VARCHAR NOT NULL,
    sha256 VARCHAR NOT NULL,
    received_at TIMESTAMPTZ NOT NULL,
    version_at TIMESTAMPTZ NOT NULL,
    state VARCHAR NOT NULL CHECK (state IN ('mottagen', 'intagen', 'redan känd', 'avvisad')),
    reason_code VARCHAR,
    reason VARCHAR,
    rows_read BIGINT NOT NULL DEFAULT 0,
    accepted_count BIGINT NOT NULL DEFAULT 0,
    quarantined_count BIGINT NOT NULL DEFAULT 0,
    known_count BIGINT NOT NULL DEFAULT 0,
    left_out_count BIGINT NOT NULL DEFAULT 0,
    undone_at TIMESTAMPTZ,
    encoding VARCHAR,
    archive_name VARCHAR,
    configuration_sha256 VARCHAR,
    is_nothing_to_report BOOLEAN NOT NULL DEFAULT false,
    is_history BOOLEAN NOT NULL DEFAULT false,
    size_bytes BIGINT,
    open_line BIGINT,
    CHECK (
        state IN ('mottagen', 'avvisad')
        OR rows_read = accepted_count + quarantined_count + known_count + left_out_count
    )
);

-- One row an accepted row of a file: a content of a report that no live file had shown before.
-- (file_id, line_number) is unique; (report_id, content_id) is, among files not undone.
CREATE TABLE report_version (
    file_id INTEGER NOT NULL,
    line_number BIGINT NOT NULL,
    report_id VARCHAR NOT NULL,
    content_id VARCHAR NOT NULL,
    known_at TIMESTAMPTZ NOT NULL,
    replaces_row_id VARCHAR,
    kind VARCHAR NOT NULL,
    report_type VARCHAR NOT NULL,
    occurred_from TIMESTAMPTZ NOT NULL,
    occurred_to TIMESTAMPTZ,
    is_time_known BOOLEAN NOT NULL,
    is_long_interval BOOLEAN NOT NULL,
    iso_week VARCHAR NOT NULL,
    reported_at TIMESTAMPTZ,
    category_code VARCHAR,
    subcategory_code VARCHAR,
    severity TINYINT,
    reliability VARCHAR,
    incident_number INTEGER NOT NULL,
    is_police_reported BOOLEAN,
    place_type VARCHAR,
    "placing" VARCHAR NOT NULL,
    district_id VARCHAR NOT NULL,
    place_id VARCHAR,
    place_name VARCHAR,
    place_text VARCHAR,
    lon DOUBLE,
    lat DOUBLE,
    precision_m DOUBLE,
    title VARCHAR,
    free_text VARCHAR
);

-- One row a row of a file whose content was in the store already; content_file_id and
-- content_line_number point at the report_version row that holds it.
CREATE TABLE known_row (
    file_id INTEGER NOT NULL,
    line_number BIGINT NOT NULL,
    report_id VARCHAR NOT NULL,
    content_id VARCHAR NOT NULL,
    known_at TIMESTAMPTZ NOT NULL,
    content_file_id INTEGER NOT NULL,
    content_line_number BIGINT NOT NULL
);

-- One row a row that a later file (by_file_id) showed to be no row of its own: it had been cut off
-- where a half-copied file ended. It counts no longer from the moment that file came.
CREATE TABLE withdrawn_row (
    file_id INTEGER NOT NULL,
    line_number BIGINT NOT NULL,
    by_file_id INTEGER NOT NULL
);

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

-- One row a row of the meeting's form that was taken in: a decision or a note, as one file shows it.
-- A cell that is missing says nothing, unless emptied names its column (a comma between several).
-- is_known: a file that came before had the same row. version_at dates the row: when it says that it
-- was saved (saved_at), else when its file came; of a known row it is that of its first showing.
-- (file_id, line_number) is unique.
CREATE TABLE meeting_note (
    file_id INTEGER NOT NULL,
    line_number BIGINT NOT NULL,
    note_id VARCHAR NOT NULL,
    own_id VARCHAR NOT NULL,
    content_id VARCHAR NOT NULL,
    is_known BOOLEAN NOT NULL,
    version_at TIMESTAMPTZ NOT NULL,
    saved_at TIMESTAMPTZ,
    note_type VARCHAR NOT NULL,
    meeting_week VARCHAR,
    problem VARCHAR,
    likely_cause VARCHAR,
    measure VARCHAR,
    place_text VARCHAR,
    district_id VARCHAR,
    lon DOUBLE,
    lat DOUBLE,
    precision_m DOUBLE,
    function_name VARCHAR,
    due_on DATE,
    "state" VARCHAR,
    "comment" VARCHAR,
    emptied VARCHAR
);

-- One row a row of a file that shows a content of a report, new or known.
CREATE VIEW sighting AS
SELECT
    file_id, line_number, report_id, content_id, known_at,
    file_id AS content_file_id, line_number AS content_line_number
FROM report_version
UNION ALL
SELECT
    file_id, line_number, report_id, content_id, known_at,
    content_file_id, content_line_number
FROM known_row;

-- The id of a report: its source and the id that the source gave the row, else its content and its
-- number among the rows of its file that say the same.
CREATE MACRO report_id_of(source_id, source_row_id, content_id, occurrence) AS
source_id || ':' || coalesce(source_row_id, content_id || '-' || coalesce(occurrence, 0));

-- The moment from which a row counts as known: when its file came, or, in a file of history, when
-- the row says that it was reported.
CREATE MACRO known_at_of(is_history, dated_at, received_at) AS
CASE WHEN is_history THEN least(dated_at, received_at) ELSE received_at END;
