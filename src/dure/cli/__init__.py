"""Commands: they compose the rooms into running programs, and speak with people."""
