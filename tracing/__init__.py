"""hooktrace: what a coding agent did, as one connected trace in PostgreSQL.

This module imports nothing, so that naming the package costs nothing.
"""
