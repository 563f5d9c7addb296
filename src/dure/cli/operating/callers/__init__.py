"""`dure access`: who may ask what of a node, and the log of its administration."""
