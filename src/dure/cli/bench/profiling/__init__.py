"""Where one node's time goes while it is measured.

`recording` has py-spy look at a node's process, `stacks` reads what it saw, `parts` says which part
of the node each sample belongs to, `flame` draws them.
"""
