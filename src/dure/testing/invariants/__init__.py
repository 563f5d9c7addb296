"""Calls that nobody would think of, and what a contract promises, checked after each.

```python
def open_token(world: World) -> Deployed:
    issuer, _ = world.people("issuer", "holder", won=100_000)
    return world.deploy(Token, by=issuer, roles={"issuer": issuer}, code="TOK", decimals=0)

test_no_call_breaks_a_promise = check_invariants(Token, start=open_token)
```

hypothesis (`pip install dure[testing]` brings it) chooses methods, arguments, callers, payments and
how much time passes. Refusals are normal; a promise (`@invariant`) that does not hold, money that
is not conserved, or anything else than an answer is a failure, shown as the shortest story found.
The same stories are told on every run.
"""

from dure.testing.invariants.machine import check_invariants

__all__ = ["check_invariants"]
