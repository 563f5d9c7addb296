"""What holds for every request alike: who may ask, how much, how errors look, what is counted."""
