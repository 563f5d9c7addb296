"""The client: build, sign, send, wait, prove.

```python
from dure.identity.keys import load_key
from dure.sdk import Client, ContractRefused, LocalAccount

traveller = LocalAccount(load_key(path))

with Client(["http://localhost:8700", "http://localhost:8701"], chain_id=chain_id) as client:
    cover = client.contract(address)                      # its methods are those of the contract
    done = cover.buy(by=traveller, flight="UA1545", departs=departure, pay=5_000)
    print(done.result)                                    # believed, because it was proved
    path.write_bytes(encode_proof(done.receipt.proof))    # and anybody can check it again
```

A transaction is a list of calls that happen all together or not at all. It is signed here, with
keys that never leave this process, and sent to any node. The answer comes when a block with it is
final, and carries a proof; it is checked against the chain that the caller pinned before the call
returns, so no node has to be trusted. A refusal is proved as well, and raised as `ContractRefused`.

| for | use |
|---|---|
| one call of a contract | `client.contract(address).method(by=…, …)` |
| several calls at once | `client.submit_and_wait([transfer(…), …], by=…)` |
| money, roles, members | `transfer`, `grant`, `enrol`, `deploy`, `advance` of the client |
| a contract's life | `upgrade`, `stop`, `start`, `list_versions`, `read_source` |
| deciding by votes | `propose`, `vote`, `withdraw_proposal`, `list_proposals`; `by=Voters(…)` |
| accounts of passkeys, or of limited keys | `PasskeyAccount`, `SessionAccount` |
| signatures from several places | `build_draft`, `Draft.add_signature`, `Draft.complete` |
| many transactions | `open_stream` |
| what happens | `follow` |
"""

from dure.sdk.accounts import (
    Account,
    LocalAccount,
    Passkey,
    PasskeyAccount,
    SessionAccount,
    Signer,
    ThresholdAccount,
)
from dure.sdk.async_client import AsyncClient, AsyncContractProxy
from dure.sdk.client import Client, ContractProxy
from dure.sdk.connection.credentials import Credentials
from dure.sdk.connection.stream import Stream, StreamedBlock, open_stream
from dure.sdk.contracts import Done, NamedEvent, WrongCall
from dure.sdk.errors import ContractRefused, InvalidAnswer, RequestRefused
from dure.sdk.events import follow
from dure.sdk.governance import (
    Authority,
    NothingToDecide,
    Proposal,
    Voted,
    Voters,
    VotesMissing,
)
from dure.sdk.receipts import FinalReceipt, verify_receipt
from dure.sdk.transactions import Draft, SignedTransaction, build_draft, build_transaction

__all__ = [
    "Account",
    "AsyncClient",
    "AsyncContractProxy",
    "Authority",
    "Client",
    "ContractProxy",
    "ContractRefused",
    "Credentials",
    "Done",
    "Draft",
    "FinalReceipt",
    "InvalidAnswer",
    "LocalAccount",
    "NamedEvent",
    "NothingToDecide",
    "Passkey",
    "PasskeyAccount",
    "Proposal",
    "RequestRefused",
    "SessionAccount",
    "SignedTransaction",
    "Signer",
    "Stream",
    "StreamedBlock",
    "ThresholdAccount",
    "Voted",
    "Voters",
    "VotesMissing",
    "WrongCall",
    "build_draft",
    "build_transaction",
    "follow",
    "open_stream",
    "verify_receipt",
]
