-- enable_trigger: lets a trigger do its work again.
ALTER TABLE {table} ENABLE TRIGGER {trigger}
