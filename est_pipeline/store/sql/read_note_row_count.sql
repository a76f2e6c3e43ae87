-- One row: how many rows of the meeting's form the files $file_ids hold.
SELECT count(*) AS row_count FROM meeting_note WHERE list_contains($file_ids, file_id);
