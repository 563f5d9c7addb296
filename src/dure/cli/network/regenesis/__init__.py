"""A new chain out of the last final state of one whose quorum is lost for good."""
