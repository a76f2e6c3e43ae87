-- At most one row: the first file of a source with exactly these bytes that is taken in and not
-- undone; all columns of table delivery.
SELECT *
FROM delivery
WHERE source_id = $source_id
    AND sha256 = $sha256
    AND state IN ('intagen', 'redan känd')
    AND undone_at IS NULL
ORDER BY received_at, file_id
LIMIT 1;
