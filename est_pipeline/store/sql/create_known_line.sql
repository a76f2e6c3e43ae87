-- Finds the rows of the file whose content is known. Gives no result.
-- One row a known row: line_number, report_id, content_id, where the content is stored
-- (content_file_id, content_line_number) and dated_at, when the row says it was reported.
-- Known is what a file of the same source, not undone, has shown; what stands on an earlier line of
-- this file; and every row in the store of an earlier file with the same bytes ($repeat_of).
CREATE OR REPLACE TEMP TABLE known_line AS
WITH identified AS (
    SELECT
        s.line_number,
        report_id_of($source_id, s.source_row_id, s.content_id, r.occurrence) AS report_id,
        s.content_id,
        s.reported_at,
        s.source_row_id IS NOT NULL AND coalesce(r.occurrence, 0) > 0 AS is_own_repeat,
        r.first_line_number
    FROM staged_row AS s
    LEFT JOIN repeated_row AS r USING (line_number)
),

seen AS (
    SELECT
        i.line_number,
        max(t.content_file_id) AS content_file_id,
        arg_max(t.content_line_number, t.content_file_id) AS content_line_number
    FROM sighting AS t
    INNER JOIN identified AS i USING (report_id, content_id)
    WHERE t.file_id IN (
        SELECT file_id
        FROM delivery
        WHERE source_id = $source_id
            AND state IN ('intagen', 'redan känd')
            AND undone_at IS NULL
    )
    GROUP BY i.line_number
)

SELECT
    i.line_number,
    i.report_id,
    i.content_id,
    coalesce(seen.content_file_id, $file_id) AS content_file_id,
    coalesce(seen.content_line_number, i.first_line_number) AS content_line_number,
    i.reported_at AS dated_at
FROM identified AS i
LEFT JOIN seen USING (line_number)
WHERE seen.line_number IS NOT NULL OR i.is_own_repeat
UNION ALL
SELECT
    line_number, report_id, content_id, content_file_id, content_line_number, known_at AS dated_at
FROM sighting
WHERE file_id = $repeat_of;
