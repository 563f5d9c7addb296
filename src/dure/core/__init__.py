"""Values that everybody shares. Nothing here does I/O, reads a clock or draws lots."""
