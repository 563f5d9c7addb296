"""A node renews its own certificate, where its authority's folder is within its reach.

With a third of its time left the node asks for the next one, and then again every minute. What is
connected stays connected; the new certificate is shown from then on. A certificate that a command
has put there meanwhile is taken up in the same way. A pinned certificate never ends, and nothing is
done about it.
"""

import asyncio
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from dure.core.errors import AccessDenied, ConfigurationError
from dure.identity.authorities.authority import open_authority
from dure.identity.authorities.holding import find_due, renew_in_place
from dure.identity.authorities.profile import Certificate

LOOK_SECONDS_MIN: Final = 1.0
LOOK_SECONDS_MAX: Final = 60.0

log = structlog.get_logger("dure.node.peers")


@dataclass(slots=True)
class Renewal:
    """What one node needs to renew its certificate."""

    certificate: Path
    key: Path
    authority: Path | None
    """Folder of the authority; None where somebody renews by command."""
    get_time: Callable[[], dt.datetime]
    on_changed: Callable[[], None]
    """Told when another certificate lies in the file."""
    _serial: bytes | None = None

    async def run(self) -> None:
        """Look after the certificate until cancelled."""
        while True:
            seconds = await self.look()
            await asyncio.sleep(seconds)

    async def look(self) -> float:
        """Renew where it is time; return the seconds until the next look."""
        now = self.get_time()
        try:
            found = await asyncio.to_thread(find_due, self.certificate, now)
            if found is None:
                return LOOK_SECONDS_MAX
            certificate, due = found
            if due <= dt.timedelta(0) and self.authority is not None:
                certificate = await asyncio.to_thread(self._renew, now)
                log.info("certificate_renewed", until=certificate.not_after.isoformat())
                due = dt.timedelta(seconds=LOOK_SECONDS_MIN)
            elif due <= dt.timedelta(0):
                log.warning("certificate_ends_soon", until=certificate.not_after.isoformat())
            if self._serial not in {None, certificate.serial}:
                self.on_changed()
            self._serial = certificate.serial
        except (ConfigurationError, AccessDenied) as problem:
            log.warning("certificate_not_renewed", reason=problem.message)
            return LOOK_SECONDS_MAX
        seconds = due.total_seconds() if due > dt.timedelta(0) else LOOK_SECONDS_MAX
        return min(max(seconds, LOOK_SECONDS_MIN), LOOK_SECONDS_MAX)

    def _renew(self, now: dt.datetime) -> Certificate:
        assert self.authority is not None, "there is an authority to ask"
        return renew_in_place(open_authority(self.authority), self.certificate, self.key, now)
