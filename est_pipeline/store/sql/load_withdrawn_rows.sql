-- Notes that the last rows of the files $cut_file_ids were cut off: file $file_id goes on where they
-- end. Gives no result.
INSERT INTO withdrawn_row
SELECT file_id, open_line AS line_number, $file_id AS by_file_id
FROM delivery
WHERE list_contains($cut_file_ids, file_id) AND open_line IS NOT NULL
ORDER BY file_id;
