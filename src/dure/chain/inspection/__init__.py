"""A chain seen from outside: stored blocks executed again, and where two ledgers part."""
