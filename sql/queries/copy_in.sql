-- copy_in: takes rows into a table, in the order of the columns named.
COPY {table} ({columns}) FROM STDIN
