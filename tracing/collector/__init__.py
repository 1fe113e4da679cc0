"""The collector: one process a user and HOOKTRACE_HOME that carries events from the spool to the database."""
