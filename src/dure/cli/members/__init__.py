"""`dure member`: certificates of an organisation's authority, and the members' registry."""
