-- drop_index: drops an index.
DROP INDEX {}
