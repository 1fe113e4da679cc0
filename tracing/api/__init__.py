"""The API for other programs, as ``import tracing`` offers it.

What records goes the way of the hooks: it leaves small files in the spool, waits for nothing, and never fails
into the program.  So the modules on that way import next to nothing.  What reads needs the database.
"""
