"""Opens what a node keeps sealed for others, where it has an account to sign for it."""

import structlog

from dure.cli.unlocking import unlock
from dure.identity.keys import is_sealed
from dure.node.configuration import NodeFiles, SealedSection
from dure.node.gateway import Gateway
from dure.node.sealed.party import Party, open_party
from dure.node.sealed.shelf import FolderShelf, Shelf
from dure.sdk.accounts import LocalAccount

log = structlog.get_logger()


def open_keeper(gateway: Gateway, settings: SealedSection, files: NodeFiles) -> Party | None:
    """Return the node as a keeper; None where it has no key at hand by which it could sign."""
    account = files.sealed_account
    if not account.exists() or is_sealed(account):
        log.info("keeps_nothing_sealed", reason=f"there is no key without passphrase at {account}")
        return None
    keeper = LocalAccount(unlock(account))
    return open_party(
        gateway,
        keeper,
        folder=files.sealed,
        shelf=_open_shelf(settings, files, keeper),
        bytes_max=settings.bytes_max,
    )


def _open_shelf(settings: SealedSection, files: NodeFiles, keeper: LocalAccount) -> Shelf:
    if not settings.bucket:
        return FolderShelf(files.sealed / "files")
    # Only who keeps files in a bucket has the library for it.
    from dure.node.sealed.bucket import BucketShelf  # noqa: PLC0415

    return BucketShelf(settings.bucket, settings.endpoint or None, keeper.address)
