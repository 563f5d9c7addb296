"""`dure governance`: what the members decide, by votes or by the account that they share."""
