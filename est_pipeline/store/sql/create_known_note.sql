-- Finds the rows of the file of the meeting's form whose content is known. Gives no result.
-- One row a known row: line_number. Known is what a file of the same source, not undone, has shown;
-- what stands on an earlier line of this file; and every row in the store of an earlier file with
-- the same bytes ($repeat_of), which is not staged.
CREATE OR REPLACE TEMP TABLE known_note AS
WITH shown AS (
    SELECT n.note_id, n.content_id
    FROM meeting_note AS n
    INNER JOIN delivery AS d USING (file_id)
    WHERE d.source_id = $source_id
        AND d.state IN ('intagen', 'redan känd')
        AND d.undone_at IS NULL
)

SELECT line_number
FROM staged_note
WHERE (note_id, content_id) IN (SELECT (note_id, content_id) FROM shown)
UNION
SELECT line_number
FROM staged_note
QUALIFY row_number() OVER (PARTITION BY note_id, content_id ORDER BY line_number) > 1
UNION
SELECT line_number FROM meeting_note WHERE file_id = $repeat_of;
