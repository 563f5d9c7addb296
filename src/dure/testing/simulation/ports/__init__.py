"""The driver's ports, simulated: clock, disk, links, signer; each can fail in its own way."""
