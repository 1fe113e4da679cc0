"""A session as one file for others: what was asked, where time and money went, what failed and what cured it.

``session`` reads it, ``withheld`` takes out what nobody else is to see,
and ``writing`` makes Markdown or a page of it.
"""
