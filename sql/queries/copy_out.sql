-- copy_out: sends the rows of a table or a partition, in the order of the columns named.
COPY (SELECT {columns} FROM {table}) TO STDOUT
