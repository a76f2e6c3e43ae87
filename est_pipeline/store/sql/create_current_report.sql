-- Leaves out of latest_version the reports that the latest version of another one replaces, and those
-- that their latest version takes back. Gives no result. One row a report, the columns of
-- latest_version.
--
-- A report names at most one that it replaces. Reports that replace one another in a ring (or
-- themselves) would all vanish: within a ring nothing is replaced. The ring is found by doubling
-- the step: who still leads somewhere after 2^32 steps leads to a ring.
CREATE OR REPLACE TEMP TABLE current_report AS
WITH RECURSIVE replacing AS (
    SELECT l.report_id, d.source_id || ':' || v.replaces_row_id AS replaced_id
    FROM latest_version AS l
    INNER JOIN report_version AS v
        ON l.content_file_id = v.file_id AND l.content_line_number = v.line_number
    INNER JOIN delivery AS d ON v.file_id = d.file_id
    WHERE v.replaces_row_id IS NOT NULL
),

taken_back AS (
    SELECT l.report_id
    FROM latest_version AS l
    INNER JOIN report_version AS v
        ON l.content_file_id = v.file_id AND l.content_line_number = v.line_number
    WHERE v.report_type = 'återkallad'
),

leads_to (step, report_id, replaced_id) AS (
    SELECT 0, report_id, replaced_id FROM replacing
    UNION ALL
    SELECT one.step + 1, one.report_id, next.replaced_id
    FROM leads_to AS one
    INNER JOIN leads_to AS next ON one.replaced_id = next.report_id
    WHERE one.step < 32
),

replaced AS (
    SELECT replaced_id AS report_id
    FROM replacing
    WHERE report_id NOT IN (SELECT replaced_id FROM leads_to WHERE step = 32)
    UNION
    SELECT report_id FROM taken_back
)

SELECT * FROM latest_version ANTI JOIN replaced USING (report_id);
