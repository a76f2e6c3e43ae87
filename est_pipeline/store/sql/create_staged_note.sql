-- Makes the room where the rows of one file of the meeting's form wait. Gives no result.
-- One row a row of the file: the columns of meeting_note that it says itself.
CREATE OR REPLACE TEMP TABLE staged_note (
    line_number BIGINT NOT NULL,
    note_id VARCHAR NOT NULL,
    own_id VARCHAR NOT NULL,
    content_id VARCHAR NOT NULL,
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
