"""What an operator asks of a node that runs, or of what it left behind."""
