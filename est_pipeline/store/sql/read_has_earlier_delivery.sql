-- One row: has_earlier_delivery, whether a file of the source that came before $received_at has been
-- taken in and not undone.
SELECT count(*) > 0 AS has_earlier_delivery
FROM delivery
WHERE source_id = $source_id
    AND received_at < $received_at
    AND state IN ('intagen', 'redan känd')
    AND undone_at IS NULL;
