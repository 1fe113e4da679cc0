-- disable_trigger: keeps a trigger from deriving what the rows that come in hold already.
ALTER TABLE {table} DISABLE TRIGGER {trigger}
