"""Changing a byte of an old block, in a copy, to see what refuses it and why."""
