-- drop_index: removes an index, for a moment without anybody at its table.
DROP INDEX {}
