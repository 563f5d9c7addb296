"""What an author does with a contract's file before any chain sees it."""
