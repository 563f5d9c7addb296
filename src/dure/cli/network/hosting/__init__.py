"""The networks of one host as an operator holds them: what page, command and API all do."""
