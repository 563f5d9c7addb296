"""Workers that do what the first signature of a check tells them: what a pool must survive.

A signature whose message begins with the name of a deed has it done; every other check is answered
as it should be.
"""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Final

import msgspec

from dure.core.signatures import SignedItem, verify_many
from dure.core.types import PublicKey, Signature
from dure.node.verification.child import serve
from dure.node.verification.messages import Check, Checked, Ready, encode
from dure.node.workers.channel import Channel

ROOT: Final = Path(__file__).parents[4]
_begin: Final = f"sys.path.insert(0, {str(ROOT)!r}); from tests.unit.node.verification.planted"
BOOTSTRAP: Final = f"{_begin} import main; main()"
STUMBLING: Final = f"{_begin} import stumble; stumble()"
_checks: Final = msgspec.msgpack.Decoder(Check)


def main() -> None:
    """Be a worker."""
    serve(_work)


def stumble() -> None:
    """Be a worker that says twice that it begins."""
    serve(lambda channel: channel.send(encode(Ready((), ()))))


def build_item(deed: str) -> SignedItem:
    """Return what makes a worker do the deed; by the rule of ZIP-215 the signature is valid."""
    return PublicKey(bytes(32)), deed.encode(), Signature(bytes(64))


def _work(channel: Channel) -> None:
    while True:
        check: Check = _checks.decode(channel.receive())
        deed = DEEDS.get(check.items[0][1])
        if deed is not None:
            deed(channel, check)
        else:
            _answer(channel, check)


def _answer(channel: Channel, check: Check, more: bytes = b"", *, later: int = 0) -> None:
    items = [(PublicKey(key), message, Signature(signed)) for key, message, signed in check.items]
    channel.send(encode(Checked(check.number + later, bytes(verify_many(items)) + more)))


def _answer_twice(channel: Channel, check: Check) -> None:
    _answer(channel, check)
    _answer(channel, check)


def _hang(_channel: Channel, _check: Check) -> None:
    """Wait for ever, in the one way that the sandbox leaves."""
    lock = Lock()
    lock.acquire()
    lock.acquire()


Deed = Callable[[Channel, Check], object]

DEEDS: Final[dict[bytes, Deed]] = {
    b"hang": _hang,
    b"kill": lambda _channel, _check: os.kill(os.getpid(), signal.SIGKILL),
    b"exit": lambda _channel, _check: os._exit(3),
    b"open": lambda _channel, _check: Path("/etc/hostname").read_text(),
    b"babble": lambda channel, _check: channel.send(bytes(64)),
    b"announce": lambda _channel, _check: os.write(0, b"\xff" * 4),
    b"too many": lambda channel, check: _answer(channel, check, b"\1"),
    b"none": lambda channel, check: channel.send(encode(Checked(check.number, b""))),
    b"two": lambda channel, check: channel.send(
        encode(Checked(check.number, b"\2" * len(check.items)))
    ),
    b"another": lambda channel, check: _answer(channel, check, later=1),
    b"twice": _answer_twice,
    b"again": lambda channel, _check: channel.send(encode(Ready((), ()))),
    b"all valid": lambda channel, check: channel.send(
        encode(Checked(check.number, b"\1" * len(check.items)))
    ),
}
