-- Finds the staged rows that say the same as another of their file. Gives no result.
-- One row a row that has a twin (same own id or none, same content): line_number; occurrence, its
-- number among its twins from 0; first_line_number, the line of the first twin.
-- Counting 8-byte hashes first keeps the exact comparison to the few rows that may have a twin.
CREATE OR REPLACE TEMP TABLE repeated_row AS
WITH suspected AS (
    SELECT repeat_key FROM staged_row GROUP BY repeat_key HAVING count(*) > 1
),

numbered AS (
    SELECT
        line_number,
        row_number() OVER twins - 1 AS occurrence,
        first_value(line_number) OVER twins AS first_line_number,
        count(*) OVER (PARTITION BY source_row_id, content_id) AS twin_count
    FROM staged_row
    WHERE repeat_key IN (SELECT repeat_key FROM suspected)
    WINDOW twins AS (PARTITION BY source_row_id, content_id ORDER BY line_number)
)

SELECT line_number, occurrence, first_line_number
FROM numbered
WHERE twin_count > 1
ORDER BY line_number;
