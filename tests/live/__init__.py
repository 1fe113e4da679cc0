"""The real Claude Code client, offline against a scripted API, with our hooks in its settings."""
