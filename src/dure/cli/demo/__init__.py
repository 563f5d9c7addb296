"""`dure demo`: one command from nothing to a running network that does something real."""
