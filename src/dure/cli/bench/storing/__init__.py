"""What the disk takes: blocks written, bytes kept, and a node started again."""
