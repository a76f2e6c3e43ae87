-- One row a purge, in order: all columns of table purge.
SELECT * FROM purge ORDER BY purge_id;
