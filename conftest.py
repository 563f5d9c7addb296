"""What every test shares, those of applications too: patience, and logs that end with their test.

Hypothesis minds no time: a machine that does much else makes no test fail.
"""

import logging
import os
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import HealthCheck, settings

patient = settings(deadline=None, print_blob=True, suppress_health_check=(HealthCheck.too_slow,))
settings.register_profile("everyday", patient)
settings.register_profile("thorough", patient, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "everyday"))


@pytest.fixture(autouse=True)
def _own_logs() -> Iterator[None]:
    """Leave no test's way of logging to the next: it may write to what is closed by then."""
    root, before = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**before)
