"""Real faults for real nodes: loads that remember, audits, and links that lose, delay and break."""
