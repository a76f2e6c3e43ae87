-- One row: whether any row of a file, not undone by then, was known at the moment $as_of.
SELECT EXISTS (
    SELECT 1
    FROM sighting AS s
    INNER JOIN delivery AS d USING (file_id)
    WHERE s.known_at <= $as_of
        AND d.state IN ('intagen', 'redan känd')
        AND (d.undone_at IS NULL OR d.undone_at > $as_of)
) AS knows_anything;
