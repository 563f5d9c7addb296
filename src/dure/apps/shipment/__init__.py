"""Containers followed by carrier, port, customs and owner, with devices that watch them."""
