"""Workers judge passkeys' signatures too, in their sandbox."""

import asyncio

from dure.core.passkeys.assertion import PasskeyAssertion, compute_signed_digest
from dure.core.signatures import SignedItem, verify_many
from dure.core.types import PasskeyKey, Signature
from dure.node.verification.worker import BOOTSTRAP
from tests.unit.chain.ledger import derive_key
from tests.unit.core.soft_authenticator import SoftAuthenticator
from tests.unit.node.verification.test_pool import open_pool


def build_items(count: int) -> list[SignedItem]:
    """Return signatures of both kinds in turn, of which every fifth is wrong."""
    device, key = SoftAuthenticator(), derive_key("alice")
    items: list[SignedItem] = []
    for number in range(count):
        message = number.to_bytes(32, "big")
        made = device.get(message if number % 5 else bytes(32))
        signature = Signature(made.signature)
        said = PasskeyAssertion(made.authenticator_data, made.client_data_json, signature)
        wanted = compute_signed_digest(said) if number % 5 else message
        items.append((PasskeyKey(device.public), wanted, signature))
        items.append((key.public, message, key.sign(message)))
    return items


def test_a_worker_answers_for_keys_and_passkeys_as_the_node_itself_would() -> None:
    async def test() -> None:
        items = build_items(40)
        async with open_pool(1, bootstrap=BOOTSTRAP) as pool:
            answers = await pool.check(items)
        assert answers == bytes(verify_many(items))
        assert 0 < answers.count(0) < len(items)

    asyncio.run(test())
