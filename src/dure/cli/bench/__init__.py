"""`dure bench`: measurements that anybody can repeat.

Each measurement is one module whose docstring says what is measured and what is not. What they
share: `running` (a network of one's own, a load on it, and whether it kept its promises), `machine`
(where it was measured), `figures` (what came out), `profiling` (where one node's time went).
Contracts need no network but a `stage`, and `programs` to run.

To add one: a module that measures, or a folder of them; a function in its `commands` whose
parameters are the options; a line in `commands.py`; a section in `docs/reference/benchmarks.md`
whose table has every field; a line in `scripts/run_benches.py`.
"""
