"""ID tokens, subjects, and what the provider publishes about itself."""

import hmac
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

from joserfc import jwt

from dure.apps.chain_id.presentations import encode_base64
from dure.apps.chain_id.provider.settings import SCOPES, Secrets, Settings

ALGORITHM: Final = "ES256"
ID_TOKEN_LIFETIME_S: Final = 300


def compute_subject(subject_key: bytes, client_id: str, identity: int) -> str:
    """Return who somebody is to one application: the same for years, another for each.

    By their subjects two applications cannot tell that they serve the same person (OpenID Connect
    Core, 8.1). Who reads the chain as well finds the entry of each sign-in by its time, and so the
    identity's number, at both.
    """
    message = f"{client_id}\0{identity}".encode()
    return encode_base64(hmac.new(subject_key, message, sha256).digest())


def sign_id_token(made: Secrets, claims: Mapping[str, Any]) -> str:
    """Return an ID token."""
    header = {"alg": ALGORITHM, "kid": made.signing_key.thumbprint(), "typ": "JWT"}
    return jwt.encode(header, dict(claims), made.signing_key, algorithms=[ALGORITHM])


def build_key_set(made: Secrets) -> dict[str, Any]:
    """Return the public key with which applications check ID tokens (RFC 7517)."""
    public = dict(made.signing_key.as_dict(private=False))
    extra = {"kid": made.signing_key.thumbprint(), "use": "sig", "alg": ALGORITHM}
    return {"keys": [public | extra]}


def build_discovery(settings: Settings) -> dict[str, Any]:
    """Return the provider's metadata (OpenID Connect Discovery, 3; RFC 8414)."""
    url = settings.url
    return {
        "issuer": url,
        "authorization_endpoint": f"{url}/authorize",
        "token_endpoint": f"{url}/token",
        "userinfo_endpoint": f"{url}/userinfo",
        "jwks_uri": f"{url}/keys",
        "scopes_supported": list(SCOPES),
        "claims_supported": ["sub", *(claim for claims in SCOPES.values() for claim in claims)],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": [ALGORITHM],
        "token_endpoint_auth_methods_supported": [
            "client_secret_basic",
            "client_secret_post",
            "none",
        ],
        "code_challenge_methods_supported": ["S256"],
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "authorization_response_iss_parameter_supported": True,
    }
