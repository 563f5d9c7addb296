"""How a client reaches nodes: requests over HTTP, transactions and blocks over one stream."""
