"""A typed Python client of one contract, written from its interface.

```python
cover = FlightDelayClient(client, address)
done = cover.buy("UA1545", departs, by=traveller, pay=5_000)
done.result, done.events, done.receipt.proof
```

`writer` writes the module; what it imports when it runs is `runtime`.
"""

from dure.sdk.generation.runtime import Happened, TypedContract
from dure.sdk.generation.writer import write_client

__all__ = ["Happened", "TypedContract", "write_client"]
