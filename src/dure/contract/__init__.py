"""The contract language: what an author imports, the checker, the machine, and the library.

`language` is for authors; `checker` reads their file, `compiler` lowers it, `runtime` is what
lowered code calls, and `machine` runs it behind `ports`. `interface` and `values` are for everybody
who calls a contract.
"""
