"""Proof of work: targets, difficulty, and the blocks of the chain that began it all."""
