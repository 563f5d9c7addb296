"""Every operation of the public API."""

from typing import Final

from dure.api.access.roles import Act
from dure.api.answers import shapes
from dure.api.answers.administration import AuditList
from dure.api.answers.tables import AccountList, RowList, SearchAnswer, TableList
from dure.api.answers.validators import ValidatorHistoryAnswer
from dure.api.routes import audit, chain, contracts, lists, sealed, transactions
from dure.api.routes.operation import BINARY, TEXT, Operation, Socket
from dure.api.sockets.live import LiveQuery, serve_events
from dure.api.sockets.stream import serve_stream
from dure.proof.json_form import Json
from dure.sdk.sealed.keeper_node import KeysBody, ReadingAnswer, Standing

PROOF: Final = dict[str, Json]
"""A proof file, as `dure verify` takes it."""

OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        "POST",
        "/v1/transactions",
        "Send a signed transaction; with wait=final, answer with what came of it and the proof",
        transactions.submit,
        shapes.FinalAnswer,
        query=transactions.SubmitQuery,
        act=Act.SUBMIT,
        body=transactions.SubmitBody,
        takes_binary=True,
        also=((202, shapes.Accepted),),
    ),
    Operation(
        "GET",
        "/v1/transactions/{id}",
        "A stored transaction, opened, with its receipt",
        transactions.get_transaction,
        shapes.TransactionAnswer,
    ),
    Operation(
        "GET",
        "/v1/transactions/{id}/proof",
        "The proof file of a transaction and of what came of it, or of what one call did alone",
        transactions.get_transaction_proof,
        PROOF,
        query=transactions.ProofQuery,
    ),
    Operation(
        "GET",
        "/v1/scheduled/{id}",
        "A scheduled call that ran",
        transactions.get_scheduled,
        shapes.ScheduledAnswer,
    ),
    Operation(
        "GET",
        "/v1/scheduled/{id}/proof",
        "The proof file of what a scheduled call did",
        transactions.get_scheduled_proof,
        PROOF,
    ),
    Operation(
        "GET",
        "/v1/status",
        "Where the chain stands, as this node sees it",
        chain.get_status,
        shapes.StatusAnswer,
    ),
    Operation(
        "GET",
        "/v1/validators",
        "Who decides blocks, who did before, and the change that waits for its height",
        chain.get_validators,
        ValidatorHistoryAnswer,
    ),
    Operation(
        "GET",
        "/v1/genesis",
        "The genesis file; the hash of its first part is the chain id",
        chain.get_genesis,
        None,
        media=BINARY,
    ),
    Operation(
        "GET",
        "/v1/blocks",
        "Blocks in rising order: from a height on, or the newest",
        chain.list_blocks,
        shapes.BlockList,
        query=chain.BlocksQuery,
    ),
    Operation(
        "GET",
        "/v1/blocks/{height}",
        "A block with its certificate, transaction ids and receipts",
        chain.get_block,
        shapes.BlockAnswer,
    ),
    Operation(
        "GET",
        "/v1/blocks/{height}/bytes",
        "A block as it was voted on: header and whole envelopes, for whoever executes it again",
        chain.get_block_bytes,
        None,
        media=BINARY,
    ),
    Operation(
        "GET",
        "/v1/accounts/{address}",
        "An account: organisation, policy, balances",
        chain.get_account,
        shapes.AccountAnswer,
    ),
    Operation(
        "GET",
        "/v1/accounts",
        "Accounts that sent, paid, or stand in the ledger's events, the last to act first",
        lists.list_accounts,
        AccountList,
        query=lists.ListQuery,
    ),
    Operation(
        "GET",
        "/v1/search",
        "What a text may mean: a height, an id, an address, a name, a row of a table",
        lists.search_everything,
        SearchAnswer,
        query=lists.SearchQuery,
    ),
    Operation(
        "GET",
        "/v1/tables",
        "Every list that this node keeps: the chain's own, then those of applications",
        lists.list_tables,
        TableList,
    ),
    Operation(
        "GET",
        "/v1/tables/{application}/{table}",
        "Rows of a list, sorted, filtered and paged",
        lists.list_rows,
        RowList,
        query=lists.ListQuery,
    ),
    Operation("GET", "/v1/assets", "All kinds of money", chain.list_assets, shapes.AssetList),
    Operation(
        "GET",
        "/v1/contracts",
        "Contracts in order of deployment",
        contracts.list_contracts,
        shapes.ContractList,
        query=contracts.ContractsQuery,
    ),
    Operation(
        "GET",
        "/v1/contracts/{address}",
        "A contract: source, interface, version, owner",
        contracts.get_contract,
        shapes.ContractAnswer,
    ),
    Operation(
        "GET",
        "/v1/contracts/{address}/agreement",
        "What a contract says in plain words: parties, rights, conditions, deadlines",
        contracts.get_agreement,
        shapes.AgreementAnswer,
        query=contracts.AgreementQuery,
    ),
    Operation(
        "GET",
        "/v1/contracts/{address}/versions",
        "Every code that a contract has had: its hash, and the block that brought it",
        contracts.list_versions,
        shapes.VersionList,
    ),
    Operation(
        "GET",
        "/v1/contracts/{address}/versions/{version}",
        "One version of a contract: source, interface, hash",
        contracts.get_version,
        shapes.VersionAnswer,
    ),
    Operation(
        "POST",
        "/v1/contracts/{address}/views/{method}",
        "Ask a read-only method; the body has its arguments, by name or in order",
        contracts.call_view,
        shapes.ViewAnswer,
        query=contracts.ViewQuery,
        body=dict[str, Json] | list[Json],
    ),
    Operation(
        "GET",
        "/v1/state/{key}/proof",
        "The proof file of what the state holds under a key, or that it holds nothing",
        chain.get_state_proof,
        PROOF,
    ),
    Operation(
        "GET",
        "/v1/events",
        "Events in the order in which they happened",
        contracts.list_events,
        shapes.EventList,
        query=contracts.EventsQuery,
    ),
    Operation(
        "GET",
        "/v1/sealed/{address}/{name}",
        "How far this keeper is with a sealed record; like all of these, signed by who asks",
        sealed.get_sealed_standing,
        Standing,
        query=sealed.VersionQuery,
        act=Act.GREET,
    ),
    Operation(
        "PUT",
        "/v1/sealed/{address}/{name}/file",
        "Hand in the next part of a sealed file, as its depositor",
        sealed.put_sealed_part,
        Standing,
        query=sealed.OffsetQuery,
        act=Act.GREET,
        takes_binary=True,
    ),
    Operation(
        "GET",
        "/v1/sealed/{address}/{name}/file",
        "A part of a sealed file, for its readers and keepers",
        sealed.get_sealed_part,
        None,
        media=BINARY,
        query=sealed.PartQuery,
        act=Act.GREET,
    ),
    Operation(
        "PUT",
        "/v1/sealed/{address}/{name}/keys",
        "Hand in keys sealed to readers, as the depositor",
        sealed.put_sealed_keys,
        Standing,
        query=sealed.VersionQuery,
        act=Act.GREET,
        body=KeysBody,
    ),
    Operation(
        "GET",
        "/v1/sealed/{address}/{name}/keys",
        "All sealed keys, for the record's other keepers",
        sealed.get_sealed_keys,
        KeysBody,
        query=sealed.VersionQuery,
        act=Act.GREET,
    ),
    Operation(
        "POST",
        "/v1/sealed/{address}/{name}/readings",
        "The key sealed to who asks; the chain has the entry about it before",
        sealed.read_sealed_key,
        ReadingAnswer,
        query=sealed.VersionQuery,
        act=Act.GREET,
    ),
    Operation(
        "GET",
        "/healthz",
        "Whether the node serves, and if not, why",
        chain.get_health,
        shapes.HealthAnswer,
        act=Act.GREET,
        also=((503, shapes.HealthAnswer),),
    ),
    Operation("GET", "/metrics", "Figures for Prometheus", chain.get_metrics, None, media=TEXT),
    Operation(
        "GET",
        "/v1/audit",
        "Who did what to this node: its log of administration, and where it ends",
        audit.list_entries,
        AuditList,
        query=audit.AuditQuery,
        act=Act.AUDIT,
    ),
)

SOCKETS: Final[tuple[Socket, ...]] = (
    Socket(
        "/v1/events",
        "What happens, as JSON, from any height on and without a gap",
        serve_events,
        "One text message an item: a block (`BlockItem`), then its events (`EventItem`). A reader "
        "too slow is ended with close code 1013 and resumes after its last whole block.",
        LiveQuery,
        (shapes.BlockItem, shapes.EventItem),
    ),
    Socket(
        "/v1/stream",
        "Many transactions a frame in, one frame a block out",
        serve_stream,
        'MessagePack arrays. Client: `["submit", number, [envelope, …]]`, `["subscribe", from '
        'height]`. Node: `["answer", number, [null or [code, message], …]]`, `["block", header, '
        'certificate, [envelope id, …], [receipt, …]]`, `["retracted", header]`.',
    ),
)
