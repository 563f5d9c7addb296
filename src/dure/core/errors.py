"""Every error that Dure raises on purpose, sorted by whose fault it is.

```
DureError
├── InvalidEncoding        bytes that are not the one canonical form of a value (whoever sent them)
├── InvalidTransaction     the sender's fault: refused with its own code, costs nothing
├── InvalidBlock           the proposer's fault: the block gets no vote
├── InvalidProof           whoever made the proof file: says which check broke
├── PeerViolation          a peer broke the protocol: the connection is closed
├── AccessDenied           the caller may not do that
├── ViewRefused            a contract would not answer a read-only call
├── Unavailable            nobody's fault: not here, not yet, or too busy now
└── ConfigurationError     the operator's fault: what is wrong, where, and what to do
```

A contract's refusal is no error of ours: it is data in the receipt. `assert` means our own fault
and stops the node.
Every class carries a `code` (its name in snake case) that never changes once
released, and `facts` for machines.
"""

import re
from typing import ClassVar

Fact = int | str | bytes | bool | None


class DureError(Exception):
    """The root. `message` tells a person what was wrong; `facts` tell a program."""

    code: ClassVar[str] = "dure_error"

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        cls.code = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).lower()

    def __init__(self, message: str, **facts: Fact) -> None:
        super().__init__(message)
        self.message = message
        self.facts = facts


class InvalidEncoding(DureError):
    """Bytes that are not the one canonical form of the value that was expected."""


class InvalidTransaction(DureError):
    """A transaction that breaks a rule before any contract runs.

    The sender pays nothing and keeps its money.
    """


class MalformedTransaction(InvalidTransaction):
    """The envelope or the body is not canonical."""


class TransactionTooLarge(InvalidTransaction):
    """The envelope has more bytes than the chain allows for one transaction."""


class WrongChain(InvalidTransaction):
    """The body names another chain's genesis."""


class WrongSignature(InvalidTransaction):
    """A signature does not verify against the key that the proof states."""


class WrongAssertion(InvalidTransaction):
    """A passkey signed something else, elsewhere, or without asking its user."""


class WrongKey(InvalidTransaction):
    """A public key that may not be registered: non-canonical, of small order, or off the curve."""


class WrongPolicy(InvalidTransaction):
    """The proof's policy is not the one that may act for this account now."""


class SessionLimitExceeded(InvalidTransaction):
    """A session key does what its account did not allow it, or would spend more than is left."""


class TransactionExpired(InvalidTransaction):
    """`valid_until` is earlier than the block's time."""


class TransactionTooEarly(InvalidTransaction):
    """`valid_until` is further ahead than the chain's replay window."""


class TransactionReplayed(InvalidTransaction):
    """The same body was already executed inside the replay window."""


class GasLimitExceeded(InvalidTransaction):
    """The gas limit is larger than a block may hold, or too small for the proofs alone."""


class QuotaExhausted(InvalidTransaction):
    """The organisation of the payer has used up its gas of this period."""


class AccountNotEnrolled(InvalidTransaction):
    """The chain serves enrolled accounts only, and no organisation has enrolled this one."""


class FeeTooLow(InvalidTransaction):
    """The chain has a fee asset and the fee limit does not cover the gas limit."""


class MempoolFull(InvalidTransaction):
    """The node holds as many waiting transactions as it may; send it again later."""


class NodeBusy(InvalidTransaction):
    """The node has more to do than it gets done, and has not looked at it; send it again later."""


class TransactionQuarantined(InvalidTransaction):
    """Executing it cost this node its contract worker; this node will not offer it to a block."""


class InvalidBlock(DureError):
    """A block that breaks a rule. `facts["rule"]` names it."""


class InvalidCertificate(InvalidBlock):
    """A certificate without a quorum of distinct members' seals of one round."""


class InvalidGenesis(DureError):
    """A genesis document that breaks a rule."""


class InvalidProof(DureError):
    """A proof that does not hold. `facts["check"]` names the first check that broke."""


class PeerViolation(DureError):
    """A peer sent what no correct peer sends."""


class AccessDenied(DureError):
    """The caller may not do that."""


class CallerUnknown(AccessDenied):
    """The node must know who asks, and does not: no token, or one that is worth nothing here."""


class RoleMissing(AccessDenied):
    """The node knows who asks; the caller's role may not do that. `facts["act"]` says what."""


class Unavailable(DureError):
    """Not found, not yet final, or too busy; the request was in order."""


class NotFound(Unavailable):
    """Nothing is known under that name, height or id."""


class TimedOut(Unavailable):
    """It did not happen within the time that the caller gave it; it may still happen."""


class WorkerDied(Unavailable):
    """The process that runs contracts died, hung or broke the protocol; nothing has changed.

    That proves nothing about the call: it is no refusal, and no reason to call a block invalid.
    """


class WorkerNotStarted(WorkerDied):
    """No process can be started in which contracts would run."""


class ViewRefused(DureError):
    """A contract refused to answer a read-only call; `facts["refusal"]` is the contract's code."""


class ConfigurationError(DureError):
    """A setting, file or environment variable that cannot be used."""


class ProtocolNotKnown(ConfigurationError):
    """The members activated a protocol version that this program does not know; a newer one does.

    The node stops rather than guess.
    """


class StorageError(DureError):
    """The disk refused or returned something else than what was written.

    The node stops before it can lie.
    """
