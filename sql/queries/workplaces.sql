-- workplaces: the repositories and linked working trees that sessions worked in, with the commits that they began at.
SELECT context ->> 'repository' AS repository, context ->> 'worktree' AS worktree,
       array_remove(array_agg(DISTINCT context ->> 'commit'), NULL) AS commits
FROM hooktrace.sessions
WHERE context ? 'repository'
GROUP BY 1, 2
