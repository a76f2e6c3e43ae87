-- Notes that the rows of a purge are gone. Gives no result.
UPDATE purge SET weeded_before_week = $weeded_before_week WHERE purge_id = $purge_id;
