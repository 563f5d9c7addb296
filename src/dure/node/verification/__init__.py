"""Clients' signatures, checked by other processes while their transactions wait to be admitted.

`arrivals` stands before the driver, `pool` gives out the work, `worker` is one process as the node
sees it, `child` that process, `choice` says how many there are.

Nothing depends on a worker. What it found valid is put into the ledger's cache of transactions,
where the driver finds it; whatever is not there the driver checks by itself, as it does without
workers. So a worker that dies, hangs or says no costs time, and never changes an answer.
"""
