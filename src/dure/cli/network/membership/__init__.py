"""Who takes part: nodes that join, and changes of who decides."""
