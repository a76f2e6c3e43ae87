-- Opens the file $path beside the database, as fresh. Gives no result.
ATTACH $path AS fresh;
