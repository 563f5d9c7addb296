"""`dure demo APP` of each application that has a demo of its own, a module each."""
