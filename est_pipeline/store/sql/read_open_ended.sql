-- One row a file of a source, taken in and not undone, that ends within a line and is smaller than
-- $size_bytes: file_id, size_bytes, sha256; the latest 50, newest first.
SELECT file_id, size_bytes, sha256
FROM delivery
WHERE source_id = $source_id
    AND state IN ('intagen', 'redan känd')
    AND undone_at IS NULL
    AND open_line IS NOT NULL
    AND size_bytes < $size_bytes
ORDER BY received_at DESC, file_id DESC
LIMIT 50;
