-- choices: the projects, users and sources of the sessions, each once, as far as a list can be chosen from.
-- From one name to the next through the index, since there are few names and many sessions.
WITH RECURSIVE projects AS (
    (SELECT project FROM execution_traces WHERE kind = 'session' AND project IS NOT NULL ORDER BY project LIMIT 1)
    UNION ALL
    SELECT (SELECT project FROM execution_traces WHERE kind = 'session' AND project > projects.project ORDER BY project LIMIT 1)
    FROM projects WHERE projects.project IS NOT NULL
), users AS (
    (SELECT user_id FROM execution_traces WHERE kind = 'session' ORDER BY user_id LIMIT 1)
    UNION ALL
    SELECT (SELECT user_id FROM execution_traces WHERE kind = 'session' AND user_id > users.user_id ORDER BY user_id LIMIT 1)
    FROM users WHERE users.user_id IS NOT NULL
), sources AS (
    SELECT DISTINCT source
    FROM (SELECT source FROM execution_traces WHERE kind = 'session' ORDER BY started_at DESC LIMIT 2000) AS latest
)
SELECT ARRAY(SELECT project FROM projects WHERE project IS NOT NULL LIMIT %(most)s)      AS project,
       ARRAY(SELECT user_id FROM users WHERE user_id IS NOT NULL LIMIT %(most)s)         AS "user",
       ARRAY(SELECT source FROM sources ORDER BY source LIMIT %(most)s)                  AS source
