"""Passkeys: WebAuthn assertions over P-256, judged by bytes alone.

`assertion` has the rules of WebAuthn, `p256` the curve. Specified in `docs/spec/passkeys.md`.
"""
