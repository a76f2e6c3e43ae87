-- One row a file that is received but not settled, oldest first; all columns of table delivery.
SELECT * FROM delivery WHERE state = 'mottagen' ORDER BY received_at, file_id;
