"""Reading and writing XML of ISO 20022: bounded, UTF-8, without a document type.

Without a document type there are no entities to expand and nothing is fetched. The text is handed
on decoded, so no declared encoding makes anything else of it.
"""

from collections.abc import Iterator
from typing import Final
from xml.etree import ElementTree as ET

from dure.apps.payments.offchain.errors import MESSAGE_BYTES_MAX, UnreadableMessage

NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:"


class Node:
    """One element, whose children are asked for by the path of their names."""

    def __init__(self, element: ET.Element, prefix: str) -> None:
        """Wrap an element; `prefix` is the message's namespace in braces."""
        self._element = element
        self._prefix = prefix

    @property
    def name(self) -> str:
        """The element's name without its namespace."""
        return self._element.tag.removeprefix(self._prefix)

    def list(self, path: str) -> Iterator["Node"]:
        """Give the elements at a path such as `GrpHdr/InitgPty`."""
        steps = "/".join(self._prefix + step for step in path.split("/"))
        for each in self._element.findall(steps):
            yield Node(each, self._prefix)

    def find(self, path: str) -> "Node | None":
        """Return the first element at a path."""
        return next(self.list(path), None)

    def text(self, *paths: str) -> str:
        """Return the text at the first of these paths that has one; empty where none has."""
        for path in paths:
            found = self.find(path)
            if found is not None and found.content:
                return found.content
        return ""

    @property
    def content(self) -> str:
        """The element's own text."""
        return (self._element.text or "").strip()

    def attribute(self, name: str) -> str:
        """Return an attribute; empty where there is none."""
        return self._element.get(name, "")


def read_document(data: bytes) -> tuple[str, Node]:
    """Return a message's name such as `pain.001.001.09`, and its one element."""
    if len(data) > MESSAGE_BYTES_MAX:
        raise UnreadableMessage(f"a message has at most {MESSAGE_BYTES_MAX} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableMessage("the message is not UTF-8") from None
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise UnreadableMessage("the message has a document type, which ISO 20022 has not")
    try:
        root = ET.fromstring(text)  # noqa: S314 - no document type, bounded
    except ET.ParseError as wrong:
        raise UnreadableMessage(f"the message is no XML: {wrong}") from None
    namespace, mark, name = root.tag.removeprefix("{").partition("}")
    if not mark or name != "Document" or not namespace.startswith(NAMESPACE) or len(root) != 1:
        raise UnreadableMessage("this is no document of ISO 20022")
    return namespace.removeprefix(NAMESPACE), Node(root[0], f"{{{namespace}}}")


class Writer:
    """An element that grows: `add("GrpHdr/MsgId", "A1")` makes what is missing on the way."""

    def __init__(self, element: ET.Element) -> None:
        """Wrap an element."""
        self._element = element

    def add(self, path: str, text: str = "", **attributes: str) -> "Writer":
        """Add the last element of the path, new, below the others, and return it."""
        *way, last = path.split("/")
        at = self._element
        for step in way:
            children = list(at)
            is_there = bool(children) and children[-1].tag == step
            at = children[-1] if is_there else ET.SubElement(at, step)
        made = ET.SubElement(at, last, attributes)
        made.text = text or None
        return Writer(made)


def begin_document(message: str, element: str) -> tuple[ET.Element, Writer]:
    """Return a new document of a message, and its one element to write in."""
    root = ET.Element("Document", xmlns=NAMESPACE + message)
    return root, Writer(ET.SubElement(root, element))


def encode_document(root: ET.Element) -> bytes:
    """Return the document's bytes."""
    encoded: bytes = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
    return encoded
