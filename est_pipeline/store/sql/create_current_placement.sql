-- Derives the later placing of each row as known at the moment $as_of. Gives no result.
-- One row a row placed after it came: the columns of table placement.
CREATE OR REPLACE TEMP TABLE current_placement AS
SELECT *
FROM placement
WHERE known_at <= $as_of
QUALIFY row_number() OVER (PARTITION BY file_id, line_number ORDER BY known_at DESC) = 1;
