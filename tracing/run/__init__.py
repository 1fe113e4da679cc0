"""`hooktrace run`: an execution around any command; its ids are in the command's environment."""
