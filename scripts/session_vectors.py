"""Known answers for session keys: which transactions may stand in a block, and what is left then.

Written from `docs/spec/accounts.md` (D1 to D4 and D12) and `docs/spec/transactions.md`. A case is
the account's session keys as the state has them, an envelope of one of those keys, and the time of
the block. Of one that may stand there, `after` is what the state has when it has used `gas_used`:
`done` where its calls succeeded, `undone` where one of them refused.
"""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from scripts import edwards
from scripts.argument_vectors import pack

LEDGER = bytes(31) + b"\1"
CHAIN, ACCOUNT, SPONSOR, SHOP, FRIEND, WON, USD = (
    sha256(name.encode()).digest()
    for name in ("chain", "account", "sponsor", "shop", "friend", "KRW", "USD")
)
PHONE, WATCH, THIEF, PAYER = (bytes([number]) * 32 for number in (21, 22, 23, 24))
EXPIRES, GAS, WON_LEFT = 2_000_000, 100_000, 500
UNTIL = EXPIRES + 1_000


def get_policy(seed: bytes) -> list[Any]:
    """Return the policy of one Ed25519 key."""
    return ["ed25519-1", edwards.sign(seed, b"")[0]]


def build_session(seed: bytes = PHONE, *, gas: int = GAS, won: int = WON_LEFT) -> list[Any]:
    """Return a session key that may pay a friend, and call one method of a shop."""
    permissions = [[LEDGER, "transfer"], [SHOP, "buy"]]
    return [get_policy(seed), permissions, [[WON, won]], gas, EXPIRES]


def transfer(amount: int, asset: bytes = WON) -> list[Any]:
    """Return a payment to the friend."""
    return [LEDGER, "transfer", pack([asset, FRIEND, amount]), None]


def buy(amount: int | None = None, method: str = "buy", contract: bytes = SHOP) -> list[Any]:
    """Return a call of the shop that pays so much."""
    return [contract, method, pack([]), None if amount is None else [WON, amount]]


def sign(calls: list[Any], *, by: bytes = PHONE, gas: int = 40_000, sponsored: bool = False) -> str:
    """Return an envelope of these calls, in hexadecimal."""
    payer = SPONSOR if sponsored else None
    body = pack([1, CHAIN, ACCOUNT, payer, UNTIL, b"saltsalt", gas, 0, calls])
    transaction_id = sha256(b"dure/v1/transaction\0" + body).digest()
    signers = [by, PAYER] if sponsored else [by]
    proofs = [[get_policy(seed), [edwards.sign(seed, transaction_id)[1]]] for seed in signers]
    return pack([body, proofs]).hex()


def build_sessions() -> dict[str, Any]:
    """Return the transactions that may stand in a block, and those that may not."""
    return {
        "account": ACCOUNT.hex(),
        "accepted": list(_list_accepted()),
        "refused": list(_list_refused()),
    }


def _accept(
    why: str, envelope: str, *, won: int = 0, gas_used: int = 20_000, gas_taken: int | None = None
) -> dict[str, Any]:
    taken = gas_used if gas_taken is None else gas_taken
    other = build_session(WATCH)
    done = build_session(gas=GAS - taken, won=WON_LEFT - won)
    undone = build_session(gas=GAS - taken)
    return {
        "why": why,
        "sessions": pack([[build_session(), other]]).hex(),
        "envelope": envelope,
        "time": EXPIRES,
        "gas_used": gas_used,
        "after": {"done": pack([[done, other]]).hex(), "undone": pack([[undone, other]]).hex()},
    }


def _list_accepted() -> Iterator[dict[str, Any]]:
    yield _accept("a payment, at the last moment", sign([transfer(1)]), won=1)
    yield _accept("all that may be spent", sign([transfer(300), buy(200)]), won=500)
    yield _accept("calls without money", sign([buy(), buy()]))
    yield _accept("nothing, of an asset without a budget", sign([transfer(0, USD)]))
    limit = sign([buy()], gas=GAS)
    yield _accept("a limit of all the gas that is left", limit, gas_used=GAS)
    sponsored = sign([transfer(9)], gas=GAS + 1, sponsored=True)
    yield _accept("gas that another account pays for", sponsored, won=9, gas_taken=0)


def _refuse(why: str, envelope: str, *, time: int = EXPIRES, gas: int = GAS) -> dict[str, Any]:
    sessions = pack([[build_session(gas=gas), build_session(WATCH)]]).hex()
    return {"why": why, "sessions": sessions, "envelope": envelope, "time": time}


def _list_refused() -> Iterator[dict[str, Any]]:
    yield _refuse("a key without a session", sign([transfer(1)], by=THIEF))
    yield _refuse("a moment too late", sign([transfer(1)]), time=EXPIRES + 1)
    yield _refuse("one unit too much", sign([transfer(WON_LEFT + 1)]))
    yield _refuse("too much in all", sign([transfer(300), buy(201)]))
    yield _refuse("money of an asset without a budget", sign([transfer(1, USD)]))
    yield _refuse("a method that was not named", sign([buy(method="sell")]))
    yield _refuse("the method of another contract", sign([buy(contract=FRIEND)]))
    yield _refuse("another call of the ledger", sign([buy(method="set_policy", contract=LEDGER)]))
    yield _refuse("a good call and a bad one", sign([buy(), buy(method="sell")]))
    yield _refuse("a payment that cannot be read", sign([[LEDGER, "transfer", b"\xc0", None]]))
    yield _refuse("a limit of one more than the gas that is left", sign([buy()], gas=GAS + 1))
    yield _refuse("no gas left", sign([buy()]), gas=0)
