-- faithful_text: makes rows leave and enter this transaction as the same text on every server, all of them, however long it takes.
-- With row_security off, a login that may not see every row gets an error instead of the rows that it may see.
SELECT set_config('row_security', 'off', true),
       set_config('client_encoding', 'UTF8', true),
       set_config('datestyle', 'ISO, YMD', true),
       set_config('intervalstyle', 'postgres', true),
       set_config('extra_float_digits', '1', true),
       set_config('lock_timeout', '60s', true),
       set_config('idle_in_transaction_session_timeout', '0', true),
       CASE WHEN current_setting('transaction_timeout', true) IS NOT NULL
            THEN set_config('transaction_timeout', '0', true) END
