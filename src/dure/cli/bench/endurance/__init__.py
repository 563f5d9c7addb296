"""Benches of what lasts: more than the network can carry, and half of that for a long time."""
