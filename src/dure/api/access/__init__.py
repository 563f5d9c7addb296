"""Who may ask what of a node: roles, callers and their tokens, and the log of what was allowed."""
