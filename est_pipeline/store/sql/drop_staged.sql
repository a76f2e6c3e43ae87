-- Takes away the tables of one file's intake. Gives no result.
DROP TABLE IF EXISTS staged_row;
DROP TABLE IF EXISTS repeated_row;
DROP TABLE IF EXISTS known_line;
DROP TABLE IF EXISTS staged_note;
DROP TABLE IF EXISTS known_note;
