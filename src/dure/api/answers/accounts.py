"""Accounts, assets and the chain's status as answers, read at the head."""

from dure.api.answers.blocks import describe, describe_number
from dure.api.answers.shapes import (
    AccountAnswer,
    AssetAnswer,
    BalanceAnswer,
    GuardedAnswer,
    MemberAnswer,
    ParametersAnswer,
    SessionAnswer,
    StatusAnswer,
)
from dure.chain import state
from dure.chain.execution.delegation import SessionKey, list_sessions
from dure.chain.money import Money
from dure.chain.system import Guarded, key_guarded
from dure.chain.transaction import Policy
from dure.core.address import encode_address
from dure.core.types import Address, AssetId
from dure.node.gateway import Gateway
from dure.proof import json_form
from dure.proof.json_form import Json


def describe_status(gateway: Gateway) -> StatusAnswer:
    """Return where the chain stands, as this node sees it."""
    status, executor = gateway.get_status(), gateway.executor
    genesis, head = executor.genesis, executor.head
    story_clock = genesis.story_clock
    turns = gateway.turns.describe()
    return StatusAnswer(
        node=status.name,
        chain_id=status.chain_id.hex(),
        chain_name=status.chain_name,
        kind=genesis.kind.value,
        engine=genesis.engine.value,
        test=status.test,
        offset=status.ledger_time - status.block_time,
        height=head.header.height,
        block_id=head.block_id.hex(),
        block_time=head.header.time,
        ledger_time=status.ledger_time,
        state_root=head.header.state_root.hex(),
        validator_key=status.validator_key.hex(),
        is_validator=status.is_validator,
        authority=encode_address(state.get_authority(executor.view())),
        story_clock=None if story_clock is None else encode_address(story_clock),
        members=[describe(MemberAnswer, member) for member in head.validators.members],
        parameters=describe(ParametersAnswer, executor.parameters),
        waiting=status.waiting,
        peers=len(status.peers),
        peers_connected=sum(peer.connected for peer in status.peers),
        syncing=status.syncing,
        activity=status.engine,
        explanation=list(status.explanation),
        turn_ms_p99=turns.p99_ms,
        turn_ms_max=turns.lasted_max_ms,
    )


def describe_account(gateway: Gateway, address: Address, assets: list[AssetId]) -> AccountAnswer:
    """Return what the chain knows of an account, with its balances of the given assets."""
    view = gateway.executor.view()
    account = view.load(state.Account, state.key_account(address))
    balances = [_describe_balance(view, asset, address) for asset in assets]
    held = [balance for balance in balances if balance is not None]
    is_contract = view.get(state.key_contract(address)) is not None
    return AccountAnswer(
        address=encode_address(address),
        known=account is not None or is_contract or bool(held),
        organisation=account.organisation if account else None,
        policy=_describe_policy(account.policy if account else None),
        is_contract=is_contract,
        balances=held,
        sessions=[_describe_session(session) for session in list_sessions(view, address)],
        guarded=_describe_guarded(view, address),
        height=gateway.executor.head.header.height,
    )


def describe_asset(gateway: Gateway, asset: AssetId) -> AssetAnswer | None:
    """Return an asset; None where the chain has none of that id."""
    record = gateway.executor.view().load(state.AssetRecord, state.key_asset(asset))
    if record is None:
        return None
    return AssetAnswer(
        asset=asset.hex(),
        issuer=encode_address(record.issuer),
        code=record.code,
        decimals=record.decimals,
        supply=describe_number(record.supply),
    )


def _describe_session(session: SessionKey) -> SessionAnswer:
    form = json_form.render(SessionKey, session)
    assert isinstance(form, dict)
    return SessionAnswer(
        key=form["key"],
        permissions=form["permissions"],
        budgets=form["budgets"],
        gas=session.gas,
        expires=session.expires,
    )


def _describe_guarded(view: state.View, address: Address) -> GuardedAnswer | None:
    guarded = view.load(Guarded, key_guarded(address))
    if guarded is None:
        return None
    pending = guarded.pending
    return GuardedAnswer(
        guardians=encode_address(guarded.guardians),
        delay=guarded.delay,
        policy=_describe_policy(None if pending is None else pending.policy),
        at=None if pending is None else pending.at,
    )


def _describe_balance(view: state.View, asset: AssetId, holder: Address) -> BalanceAnswer | None:
    amount = Money(view).get_balance(asset, holder)
    frozen = view.get(state.key_frozen(asset, holder)) is not None
    record = view.load(state.AssetRecord, state.key_asset(asset))
    if record is None or not (amount or frozen):
        return None
    return BalanceAnswer(
        asset=asset.hex(),
        code=record.code,
        decimals=record.decimals,
        amount=describe_number(amount),
        frozen=frozen,
    )


def _describe_policy(policy: Policy | None) -> dict[str, Json] | None:
    form = json_form.render(Policy, policy)
    assert form is None or isinstance(form, dict)
    return form
