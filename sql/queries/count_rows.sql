-- count_rows: how many rows a table holds, partitions included; its name stands for the braces.
SELECT count(*) AS rows FROM {}
