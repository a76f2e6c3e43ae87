-- Keeps what counts at the moment that counted_report stands for, and what has become of reports that
-- are known and count no longer, while an earlier moment is derived. Gives no result.
-- counted_now: the columns of counted_report. outcome_now: one row a report that was taken back or
-- replaced, or whose row had been cut off (cut_now): report_id, outcome.
-- replacement_now: one row a report that names another one which it
-- replaces: report_id, replaced_id.
CREATE OR REPLACE TEMP TABLE counted_now AS SELECT * FROM counted_report;

CREATE OR REPLACE TEMP TABLE outcome_now AS
SELECT
    l.report_id,
    CASE WHEN v.report_type = 'återkallad' THEN 'withdrawn' ELSE 'replaced' END AS outcome
FROM latest_version AS l
ANTI JOIN current_report AS c ON l.report_id = c.report_id
INNER JOIN report_version AS v
    ON l.content_file_id = v.file_id AND l.content_line_number = v.line_number
UNION ALL
SELECT r.report_id, 'kind' AS outcome
FROM report AS r
WHERE r.kind = 'context' OR r.category_code IS NULL
UNION ALL
SELECT report_id, 'cut' AS outcome FROM cut_now;

CREATE OR REPLACE TEMP TABLE replacement_now AS
SELECT c.report_id, d.source_id || ':' || v.replaces_row_id AS replaced_id
FROM current_report AS c
INNER JOIN report_version AS v
    ON c.content_file_id = v.file_id AND c.content_line_number = v.line_number
INNER JOIN delivery AS d ON v.file_id = d.file_id
WHERE v.replaces_row_id IS NOT NULL;
