"""The process that checks signatures: reads `Check`, writes `Checked`, and can do nothing else.

Started by `worker.start_worker` with a socket as its descriptor 0 and nothing else of the node's.
It has no secret and sees nothing but public keys, hashes and signatures. Before it reads the first
of them it gives up what a contract's process gives up (`workers.sandbox`); it ends when the node
closes the socket.
"""

import gc
import os
import sys
from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from dure.core.passkeys.p256 import KEY_BYTES
from dure.core.signatures import SignedItem, verify_many
from dure.core.types import PasskeyKey, PublicKey, Signature
from dure.node.verification.messages import Check, Checked, Ready, encode
from dure.node.workers.channel import Channel, ChannelClosed, open_channel
from dure.node.workers.sandbox import enter_sandbox

SOCKET: Final = 0
SPARE_BYTES: Final = 64 * 1024 * 1024
"""Memory beside what the process takes with nothing to do."""
FIRST_PASSKEY: Final = (
    PasskeyKey(bytes.fromhex("036b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296")),
    bytes(32),
    Signature(bytes([*bytes(31), 1] * 2)),
)
"""The curve's own point, and a signature that does not fit it."""

Verify = Callable[[Iterable[SignedItem]], list[bool]]

_checks: Final = msgspec.msgpack.Decoder(Check)


def main() -> None:
    """Serve the process that started this one, whose number is the last argument."""
    serve(lambda channel: answer(channel, verify_many))


def serve(work: Callable[[Channel], None]) -> None:
    """Enter the sandbox, say so, and `work` until the node closes the socket; never returns."""
    channel = open_channel(SOCKET)
    try:
        # The first use of everything: afterwards no file can be opened, nor a module imported.
        verify_many([(PublicKey(bytes(32)), b"", Signature(bytes(64))), FIRST_PASSKEY])
        _checks.decode(encode(Check(0, ((b"", b"", b""),))))
        gc.freeze()
        outcome = enter_sandbox(int(sys.argv[-1]), SPARE_BYTES)
        channel.send(encode(Ready(tuple(outcome.limits), tuple(outcome.missing))))
        work(channel)
    except ChannelClosed:
        os._exit(0)
    except BaseException:  # the outer edge of the process
        os._exit(1)


def answer(channel: Channel, verify: Verify) -> None:
    """Answer checks, one after the other, for ever."""
    while True:
        check: Check = _checks.decode(channel.receive())
        items = [(_name_key(k), m, Signature(s)) for k, m, s in check.items]
        channel.send(encode(Checked(check.number, bytes(verify(items)))))


def _name_key(key: bytes) -> PublicKey | PasskeyKey:
    return PasskeyKey(key) if len(key) == KEY_BYTES else PublicKey(key)
