-- One row: has_schema, whether the store's tables have been created.
SELECT count(*) > 0 AS has_schema
FROM information_schema.tables
WHERE table_schema = 'main' AND table_name = 'schema_version';
