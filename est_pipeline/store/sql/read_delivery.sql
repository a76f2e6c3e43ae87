-- At most one row: the delivery with this file_id, all columns of table delivery.
SELECT * FROM delivery WHERE file_id = $file_id ORDER BY file_id;
