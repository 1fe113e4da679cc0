"""A session as one file for others: what was asked, where time and money went, what failed and what cured it.

``session`` reads it, ``timesplit`` tells where the time went, ``withheld`` takes out what nobody else is to see,
and ``writing`` makes Markdown or a page of it.
"""
