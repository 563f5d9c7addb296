"""Which of a contract's values are moments: told from its interface alone."""

from dure.contract.interface import Interface


def list_time_fields(interface: Interface) -> frozenset[str]:
    """Return the names of parameters and event fields that are moments."""
    shapes = [each.fields for each in interface.events.values()]
    shapes += [each.parameters for each in interface.methods.values()]
    return frozenset(each.name for shape in shapes for each in shape if each.type == "Time")
