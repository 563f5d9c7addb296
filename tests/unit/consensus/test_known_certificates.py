"""Certificates are judged as the known answers say, which no code of ours made."""

from typing import Any

import pytest

from dure.consensus.quorum import validate_certificate
from dure.core.block import Header
from dure.core.certificate import Certificate
from dure.core.errors import InvalidCertificate
from dure.core.validators import ValidatorSet
from dure.proof.json_form import parse
from tests.unit.core.vectors import load_vectors


@pytest.mark.parametrize("case", load_vectors("certificates"), ids=lambda case: case["why"])
def test_known_certificates(case: dict[str, Any]) -> None:
    header = parse(Header, case["header"])
    certificate = parse(Certificate, case["certificate"])
    validators = parse(ValidatorSet, case["validators"])
    if case["rule"] is None:
        validate_certificate(header, certificate, validators)
    else:
        with pytest.raises(InvalidCertificate) as caught:
            validate_certificate(header, certificate, validators)
        assert caught.value.facts["rule"] == case["rule"]
