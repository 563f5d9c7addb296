"""What must never happen, watched all the time, with arithmetic of its own."""
