-- lock_tables: keeps everybody else out of the tables until the transaction ends.
LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE
