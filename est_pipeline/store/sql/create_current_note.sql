-- Derives the decisions and notes of the meetings as known at the moment $as_of. Gives no result.
-- One row a decision or note: the columns of publish.MEETING_NOTE_DOCUMENTATION.
--
-- Only rows count that had come by then and were not withdrawn, of files not undone by then. Column
-- by column the latest row that says something counts, by (version_at, saved_at, line_number,
-- content_id); a row says by emptied that a cell is empty from now on. A decision of which only
-- changes are left (the file with the rest is undone) is none, nor is a note that was taken back
-- (avbruten).
CREATE OR REPLACE TEMP TABLE current_note AS
WITH withdrawn AS (
    SELECT w.file_id, w.line_number
    FROM withdrawn_row AS w
    INNER JOIN delivery AS d ON w.by_file_id = d.file_id
    WHERE d.received_at <= $as_of AND (d.undone_at IS NULL OR d.undone_at > $as_of)
),

live AS (
    SELECT
        n.*, d.source_id, d.file_name, d.received_at,
        string_split(coalesce(n.emptied, ''), ',') AS gone,
        -- of rows that their clock says were saved after they came, the one saved last
        row(
            n.version_at, coalesce(n.saved_at, n.version_at),
            n.line_number, n.content_id, n.file_id
        ) AS "version"
    FROM meeting_note AS n
    INNER JOIN delivery AS d USING (file_id)
    ANTI JOIN withdrawn AS w ON n.file_id = w.file_id AND n.line_number = w.line_number
    WHERE d.state IN ('intagen', 'redan känd')
        AND d.received_at <= $as_of
        AND (d.undone_at IS NULL OR d.undone_at > $as_of)
),

-- a cell that says nothing is missing; one that says something, be it that it is empty, is a struct
told AS (
    SELECT
        * REPLACE (
            CASE WHEN problem IS NOT NULL OR list_contains(gone, 'problem')
                THEN row(problem) END AS problem,
            CASE WHEN likely_cause IS NOT NULL OR list_contains(gone, 'likely_cause')
                THEN row(likely_cause) END AS likely_cause,
            -- the point goes with the place, also where the place that is named last has none
            CASE WHEN place_text IS NOT NULL OR list_contains(gone, 'place_text')
                THEN row(place_text, lon, lat, precision_m) END AS place_text,
            CASE WHEN district_id IS NOT NULL OR list_contains(gone, 'district_id')
                THEN row(district_id) END AS district_id,
            CASE WHEN due_on IS NOT NULL OR list_contains(gone, 'due_on')
                THEN row(due_on) END AS due_on,
            CASE WHEN "comment" IS NOT NULL OR list_contains(gone, 'comment')
                THEN row("comment") END AS "comment"
        )
    FROM live
),

latest AS (
    SELECT
        note_id,
        any_value(source_id) AS source_id,
        any_value(own_id) AS own_id,
        any_value(note_type) AS note_type,
        arg_max(meeting_week, "version") AS meeting_week,
        arg_max(problem, "version")[1] AS problem,
        arg_max(likely_cause, "version")[1] AS likely_cause,
        arg_max(measure, "version") AS measure,
        arg_max(place_text, "version") AS place,
        arg_max(district_id, "version")[1] AS district_id,
        arg_max(function_name, "version") AS function_name,
        arg_max(due_on, "version")[1] AS due_on,
        arg_max("state", "version") AS "state",
        arg_max("comment", "version")[1] AS "comment",
        arg_max(file_name, "version") AS file_name,
        arg_max(line_number, "version") AS line_number,
        min(received_at) AS first_known_at,
        max(version_at) AS version_at
    FROM told
    GROUP BY note_id
)

SELECT
    * EXCLUDE (place) REPLACE (
        CASE WHEN note_type = 'beslut' THEN coalesce("state", 'öppen') END AS "state"
    ),
    place[1] AS place_text, place[2] AS lon, place[3] AS lat, place[4] AS precision_m
FROM latest
WHERE CASE
    WHEN note_type = 'beslut' THEN measure IS NOT NULL
    ELSE "comment" IS NOT NULL AND "state" IS DISTINCT FROM 'avbruten'
END;
