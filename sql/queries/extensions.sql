-- extensions: the two extensions that hooktrace can use: which version is installed, and which the server offers.
SELECT wanted.name, e.extversion AS installed, a.default_version AS offered
FROM (VALUES ('vector'), ('uuid-ossp')) AS wanted (name)
LEFT JOIN pg_extension e ON e.extname = wanted.name
LEFT JOIN pg_available_extensions a ON a.name = wanted.name
ORDER BY 1
