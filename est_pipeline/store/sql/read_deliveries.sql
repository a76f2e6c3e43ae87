-- One row a file received by the moment $as_of, oldest first; all columns of table delivery, where
-- state is 'återtagen' and undone_at set for a file undone by then.
SELECT
    * REPLACE (
        CASE WHEN undone_at <= $as_of THEN 'återtagen' ELSE state END AS state,
        CASE WHEN undone_at <= $as_of THEN undone_at END AS undone_at
    )
FROM delivery
WHERE received_at <= $as_of
ORDER BY received_at, file_id;
