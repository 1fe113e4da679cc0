-- empty_tables: deletes all rows of the tables; not of others that refer to them.
TRUNCATE {tables}
