-- Derives the decisions and notes of the meetings as known at the moment $as_of. Gives no result.
-- One row a decision or note: the columns of publish.MEETING_NOTE_DOCUMENTATION.
--
-- Only rows count that had come by then and were not withdrawn, of files not undone by then. Column
-- by column the latest row that says something counts, by (version_at, line_number, content_id). A
-- decision of which only changes are left (the file with the rest is undone) is none.
CREATE OR REPLACE TEMP TABLE current_note AS
WITH withdrawn AS (
    SELECT w.file_id, w.line_number
    FROM withdrawn_row AS w
    INNER JOIN delivery AS d ON w.by_file_id = d.file_id
    WHERE d.received_at <= $as_of AND (d.undone_at IS NULL OR d.undone_at > $as_of)
),

live AS (
    SELECT
        n.*, d.source_id, d.file_name, d.received_at, d.version_at,
        row(d.version_at, n.line_number, n.content_id, n.file_id) AS "version"
    FROM meeting_note AS n
    INNER JOIN delivery AS d USING (file_id)
    ANTI JOIN withdrawn AS w ON n.file_id = w.file_id AND n.line_number = w.line_number
    WHERE d.state IN ('intagen', 'redan känd')
        AND d.received_at <= $as_of
        AND (d.undone_at IS NULL OR d.undone_at > $as_of)
),

latest AS (
    SELECT
        note_id,
        any_value(source_id) AS source_id,
        any_value(own_id) AS own_id,
        arg_max(note_type, "version") AS note_type,
        arg_max(meeting_week, "version") AS meeting_week,
        arg_max(problem, "version") AS problem,
        arg_max(likely_cause, "version") AS likely_cause,
        arg_max(measure, "version") AS measure,
        arg_max(place_text, "version") AS place_text,
        arg_max(district_id, "version") AS district_id,
        -- the point of the place that is named last, also where that place has none
        arg_max(
            CASE WHEN place_text IS NOT NULL THEN row(lon, lat, precision_m) END, "version"
        ) AS point,
        arg_max(function_name, "version") AS function_name,
        arg_max(due_on, "version") AS due_on,
        arg_max("state", "version") AS "state",
        arg_max("comment", "version") AS "comment",
        arg_max(file_name, "version") AS file_name,
        arg_max(line_number, "version") AS line_number,
        min(received_at) AS first_known_at,
        max(version_at) AS version_at
    FROM live
    GROUP BY note_id
)

SELECT
    * EXCLUDE (point) REPLACE (
        CASE WHEN note_type = 'beslut' THEN coalesce("state", 'öppen') END AS "state"
    ),
    point[1] AS lon, point[2] AS lat, point[3] AS precision_m
FROM latest
WHERE CASE WHEN note_type = 'beslut' THEN measure IS NOT NULL ELSE "comment" IS NOT NULL END;
