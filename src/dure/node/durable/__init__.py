"""What a node must never forget: blocks and state, what it was to sign, what it signed."""
