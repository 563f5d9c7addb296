"""`dure bench`: measurements that anybody can repeat.

Each measurement is one module whose docstring says what is measured and what is not. What they
share: `town` (a network of one's own, with accounts), `stock` (transactions signed before the clock
starts), `load` (sending them and timing each), `running` (a load on running nodes, and whether they
kept their promises), `steady` (a light load that goes on through failures), `machine` (where it was
measured), `figures` (what came out). Contracts need no network but a `stage`, and `programs` to
run.
"""
