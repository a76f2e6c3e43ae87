-- One row a row of a file that is in the store, new or known, whichever form the file has:
-- line_number, ascending.
SELECT line_number FROM sighting WHERE file_id = $file_id
UNION
SELECT line_number FROM meeting_note WHERE file_id = $file_id
ORDER BY line_number;
