"""REST and WebSocket: the two listeners of a node, public and admin."""

from dure.api.admin import build_admin_app
from dure.api.app import build_access, build_public_app
from dure.api.listeners import bind_admin, bind_public
from dure.api.server import serve
from dure.api.settings import ApiSettings, build_local_hosts

__all__ = [
    "ApiSettings",
    "bind_admin",
    "bind_public",
    "build_access",
    "build_admin_app",
    "build_local_hosts",
    "build_public_app",
    "serve",
]
