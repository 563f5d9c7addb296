"""A detector for detect-secrets: a key file of Dure that holds its seed in clear."""

import re

from detect_secrets.plugins.base import RegexBasedDetector


class ClearKeyFileDetector(RegexBasedDetector):
    """Finds the seed in a line like `"seed": "…64 hexadecimal digits…"`."""

    secret_type = "Dure key in clear"  # noqa: S105 - the name of a kind
    denylist = (re.compile(r"""["']seed["']\s*:\s*["']([0-9a-f]{64})["']"""),)
