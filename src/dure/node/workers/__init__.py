"""Contracts in a process of their own: `machine.WorkerMachine` is the port, `child` the process."""
