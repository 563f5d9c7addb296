"""What the benches share that send a rate of transactions to running nodes.

`course` sends them and says what came of it, `promises` reads afterwards what the nodes' disks
hold, `commands` is what a person types.
"""
