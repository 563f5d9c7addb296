"""`dure contract`: one module a command; `authoring` holds those that need a file and no chain."""
