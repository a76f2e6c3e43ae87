-- One row a file received by the moment $as_of, oldest first; all columns of table delivery, where
-- state is 'återtagen' and undone_at set for a file undone by then. A file of history that came later
-- counts as received when the last of its rows that were known by then became known.
WITH history AS (
    SELECT s.file_id, max(s.known_at) AS known_at
    FROM sighting AS s
    INNER JOIN delivery AS d USING (file_id)
    WHERE d.is_history AND d.received_at > $as_of AND s.known_at <= $as_of
    GROUP BY s.file_id
)

SELECT
    delivery.* REPLACE (
        CASE WHEN undone_at <= $as_of THEN 'återtagen' ELSE state END AS state,
        CASE WHEN undone_at <= $as_of THEN undone_at END AS undone_at,
        coalesce(history.known_at, delivery.received_at) AS received_at
    )
FROM delivery
LEFT JOIN history USING (file_id)
WHERE delivery.received_at <= $as_of OR history.known_at IS NOT NULL
ORDER BY coalesce(history.known_at, delivery.received_at), file_id;
