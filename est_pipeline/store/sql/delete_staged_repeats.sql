-- Leaves out the staged rows that stand on a line of an earlier file with the same bytes which is
-- in the store: they are known whatever the configuration says today. Gives no result.
DELETE FROM staged_row
WHERE line_number IN (SELECT line_number FROM sighting WHERE file_id = $repeat_of);
