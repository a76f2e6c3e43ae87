-- Stores the placings of new_placement, known from the moment $known_at. Gives no result.
INSERT INTO placement BY NAME
SELECT * EXCLUDE (was_placed), $known_at AS known_at
FROM new_placement
ORDER BY file_id, line_number;
