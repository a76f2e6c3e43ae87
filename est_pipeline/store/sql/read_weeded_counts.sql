-- One row a source and month that has a report in weeded_report: source_id, month, report_count,
-- row_count (rows of files that show them) and digest (changes when other rows would go); by source
-- and month.
SELECT
    w.source_id,
    w."month",
    count(DISTINCT w.report_id) AS report_count,
    count(*) AS row_count,
    bit_xor(hash(s.file_id, s.line_number, s.report_id, s.content_id))::VARCHAR AS digest
FROM weeded_report AS w
INNER JOIN sighting AS s USING (report_id)
GROUP BY w.source_id, w."month"
ORDER BY w.source_id, w."month";
