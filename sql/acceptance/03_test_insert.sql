-- 03_test_insert: test insert.
INSERT INTO execution_traces (
    correlation_id, root_id, session_id, source, status
) VALUES (
    gen_random_uuid(), gen_random_uuid(), gen_random_uuid(),
    'local_test', 'completed'
) RETURNING id, correlation_id;
