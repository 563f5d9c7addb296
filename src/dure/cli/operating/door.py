"""The door of a node's public listener, as its configuration says: names, TLS, callers, the log."""

import os
import ssl
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from dure.api import ApiSettings, build_local_hosts
from dure.api.access.audit import Act, AuditLog
from dure.api.access.callers import load_callers
from dure.api.access.certificates import MemberCertificates, build_listener_context
from dure.api.access.known import KnownCallers, know_no_certificate
from dure.api.app import read_wall_ms
from dure.core.errors import ConfigurationError
from dure.identity.authorities.authority import read_pem
from dure.identity.authorities.profile import CertificateRefused, read_certificate
from dure.node.configuration import ApiSection, NodeConfiguration, NodeFiles
from dure.node.gateway import Gateway


@dataclass(frozen=True, slots=True)
class Door:
    """What decides who may come in."""

    limits: ApiSettings
    callers: KnownCallers
    audit: AuditLog
    tls: ssl.SSLContext | None


def open_door(settings: NodeConfiguration, files: NodeFiles, gateway: Gateway) -> Door:
    """Read everything, and write down that the node starts and whom it knows.

    Raise `ConfigurationError` for a file that cannot be used, `StorageError` where the log cannot
    be written: a node whose log would miss something does not start.
    """
    api = settings.api
    names = frozenset(name.lower() for name in api.names.split(",") if name)
    limits = ApiSettings(allowed_hosts=build_local_hosts(api.port) | names, audit=files.audit)
    members = _read_members(files, gateway) if api.client_certificates == "members" else None
    reader = know_no_certificate if members is None else members.read
    callers = KnownCallers(read_wall_ms, time.monotonic, reader)
    callers.change(load_callers(files.callers))
    audit = AuditLog(files.audit, settings.node.name)
    roles = Counter(each.role.value for each in callers.file.callers)
    facts = {"pid": str(os.getpid())} | {role: str(count) for role, count in sorted(roles.items())}
    audit.append(Act("started", "the node", read_wall_ms(), facts=facts))
    return Door(limits, callers, audit, _build_tls(api, files, members))


def _read_members(files: NodeFiles, gateway: Gateway) -> MemberCertificates:
    executor = gateway.executor
    certified = _read_own_organisation(files.certificate)

    def get_own() -> str | None:
        key = gateway.get_status().validator_key
        members = executor.head.validators.members
        return next((each.organisation for each in members if each.key == key), certified)

    return MemberCertificates(get_view=executor.view, get_own=get_own, wall_ms=read_wall_ms)


def _read_own_organisation(certificate: Path) -> str | None:
    """Return whose node this is by the certificate that it shows others; None for a pinned one.

    It tells it of a node that is no validator, of which the chain says nothing.
    """
    try:
        return read_certificate(read_pem(certificate)).subject.organisation
    except CertificateRefused:
        return None


def _build_tls(
    api: ApiSection, files: NodeFiles, members: MemberCertificates | None
) -> ssl.SSLContext | None:
    if bool(api.certificate) != bool(api.tls_key):
        raise ConfigurationError("[api] certificate and tls_key belong together: give both")
    if not api.certificate:
        if members is not None:
            message = "[api] client_certificates needs TLS: give certificate and tls_key, too"
            raise ConfigurationError(message)
        return None
    return build_listener_context(
        files.folder / api.certificate, files.folder / api.tls_key, members
    )
