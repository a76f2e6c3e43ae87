-- Notes the layout of a new store. Gives no result.
INSERT INTO schema_version VALUES ($version);
