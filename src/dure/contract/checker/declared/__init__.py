"""Second step: what the files declare, read without looking into methods."""
