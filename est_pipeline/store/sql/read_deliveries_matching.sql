-- One row a file, taken in and not undone, with this name or a checksum that starts so (a missing
-- sha256_prefix fits none), oldest first; all columns of table delivery.
SELECT *
FROM delivery
WHERE (file_name = $file_name OR starts_with(sha256, $sha256_prefix))
    AND state IN ('intagen', 'redan känd')
    AND undone_at IS NULL
ORDER BY received_at, file_id;
