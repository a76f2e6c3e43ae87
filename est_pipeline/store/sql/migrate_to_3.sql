-- Brings a store from version 2 to version 3: decisions and notes of the meetings. Gives no result.
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
