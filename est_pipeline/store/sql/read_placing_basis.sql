-- At most one row: basis, on which the rows without a place were last looked up again by the moment
-- $as_of.
SELECT basis FROM placing_basis WHERE known_at <= $as_of ORDER BY known_at DESC, basis LIMIT 1;
