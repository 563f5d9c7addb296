"""Making records, which takes memory that is counted like that of lists and texts."""

from collections.abc import Callable
from typing import Any

import msgspec

from dure.contract.gas import BUILD
from dure.contract.runtime.frame import Frame, count_built
from dure.contract.runtime.measure import PART_BYTES, RECORD_BYTES


def build_record(record: type[msgspec.Struct]) -> Callable[..., msgspec.Struct]:
    """Return the function that makes a record of this class of its fields."""
    size = RECORD_BYTES + PART_BYTES * len(record.__struct_fields__)

    def build(frame: Frame, *values: Any) -> msgspec.Struct:
        frame.meter.charge(BUILD)
        count_built(frame, size)
        return record(*values)

    return build


def replace(frame: Frame, record: msgspec.Struct, /, **changes: Any) -> msgspec.Struct:
    """Return a copy of a record with other values in some fields."""
    frame.meter.charge(BUILD)
    count_built(frame, RECORD_BYTES + PART_BYTES * len(record.__struct_fields__))
    return msgspec.structs.replace(record, **changes)
