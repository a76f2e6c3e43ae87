-- Notes that a purge is done, and with it those before it that were interrupted. Gives no result.
UPDATE purge
SET completed_at = $completed_at
WHERE purge_id <= $purge_id AND completed_at IS NULL;
