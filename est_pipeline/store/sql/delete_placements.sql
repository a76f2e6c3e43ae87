-- Takes away the placings known from the moment $known_at of the rows in new_placement, which takes
-- their place. Gives no result.
DELETE FROM placement
USING new_placement
WHERE placement.known_at = $known_at
    AND placement.file_id = new_placement.file_id
    AND placement.line_number = new_placement.line_number;
