"""The dashboard: pages over what was recorded, drawn by the server, for a browser on this machine.

A request goes one way: access (who may ask) → app (which page) → asked (what is asked for) → pages/ (which
figures, by the queries of ``sql/pages``) → templates (how they look), or as JSON below ``/api``.
"""
