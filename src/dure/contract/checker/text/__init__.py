"""First step: from the text of a file to a tree that keeps the white list of syntax."""
