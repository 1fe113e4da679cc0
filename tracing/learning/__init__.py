"""What finished prompts teach: how they went, in which ways of working, by which failures and cures.

Pure: the database tells a story (story.py), these modules judge it, and the database keeps what they say.
"""
