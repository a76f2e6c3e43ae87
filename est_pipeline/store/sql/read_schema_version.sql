-- One row: version, the layout that the store was made with.
SELECT max(version) AS version FROM schema_version;
