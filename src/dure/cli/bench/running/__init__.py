"""What the benches share that send transactions to running nodes.

`town` founds a network for the time of a measurement, `stock` prepares signed transactions, `load`
sends them as fast as they become final or at a rate, `steady` keeps a few clients busy while nodes
are killed. `course` puts these together and says what came of it, `promises` reads afterwards what
the nodes' disks hold, `commands` is what a person types.
"""
