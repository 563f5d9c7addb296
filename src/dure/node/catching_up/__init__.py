"""Catching up with the others: asking for blocks, and answering those who ask."""
