-- Notes a file as received. One row: file_id.
INSERT INTO delivery (
    file_id, source_id, file_name, sha256, received_at, version_at, state, archive_name,
    configuration_sha256
)
VALUES (
    nextval('file_id_sequence'), $source_id, $file_name, $sha256, $received_at, $received_at,
    'mottagen', $archive_name, $configuration_sha256
)
RETURNING file_id;
