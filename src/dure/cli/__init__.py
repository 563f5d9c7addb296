"""Commands: they compose node, index, api and console into running programs, and speak with people."""
