"""The two streams: JSON events for pages and small programs, binary blocks for fast ones."""
