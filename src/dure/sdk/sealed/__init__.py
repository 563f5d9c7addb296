"""Sealed data: files that only named readers open, kept by the parties' nodes.

```python
data = SealedData(client, contract, by=account, work=Path(".dure-seal"))
data.name_reading_key()
record = data.put(Path("contract.pdf"), keepers=[bank, insurer], readers=[auditor])
data.wait_kept(record.name)
data.revoke(record.name, auditor)
data.erase(record.name)
data.wait_erased(record.name)
```
"""

from dure.sdk.sealed.records import Listed, Opened, Sealed, SealedData

__all__ = ["Listed", "Opened", "Sealed", "SealedData"]
