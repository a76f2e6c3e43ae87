-- One row a source and month that has a report in weeded_report or a decision or note of a meeting in
-- weeded_note: source_id, month, report_count (of all of them), row_count (rows of files that show
-- them) and digest (changes when other rows would go); by source and month.
WITH weeded AS (
    SELECT w.source_id, w."month", report_id AS own_id, s.file_id, s.line_number, s.content_id
    FROM weeded_report AS w
    INNER JOIN sighting AS s USING (report_id)
    UNION ALL
    SELECT w.source_id, w."month", note_id AS own_id, n.file_id, n.line_number, n.content_id
    FROM weeded_note AS w
    INNER JOIN meeting_note AS n USING (note_id)
)

SELECT
    source_id,
    "month",
    count(DISTINCT own_id) AS report_count,
    count(*) AS row_count,
    bit_xor(hash(file_id, line_number, own_id, content_id))::VARCHAR AS digest
FROM weeded
GROUP BY source_id, "month"
ORDER BY source_id, "month";
