-- Marks the files $file_ids as undone. One row a file that was taken in until now: file_id.
UPDATE delivery
SET undone_at = $undone_at
WHERE list_contains($file_ids, file_id)
    AND state IN ('intagen', 'redan känd')
    AND undone_at IS NULL
RETURNING file_id;
