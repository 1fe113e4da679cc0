"""Where the database is, the server hooktrace brings along, and the schema's migrations."""
