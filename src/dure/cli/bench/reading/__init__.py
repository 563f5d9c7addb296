"""What the bench of a node's API consists of.

`api` founds the network and puts the figures together, `requests` reads over HTTP, `subscribers`
follows blocks over many WebSockets, `beside` runs those two in processes of their own, so that
neither the node nor whoever sends transactions waits for a reader.
"""
