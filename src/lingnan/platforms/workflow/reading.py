"""Reading definition files: XML without entities or network, and names in two languages."""

from collections.abc import Callable, Iterator

from defusedxml import DefusedXmlException
from defusedxml import ElementTree as SafeTree
from django.utils.translation import gettext as _
from lxml import etree

from lingnan.kernel.text import LocalisedText

SIZE_MAX = 1_000_000
Wrong = Callable[[str, str, str], None]


def read_xml(source: str | bytes, wrong: Wrong) -> etree._Element | None:
    """The root element, or None and a problem."""
    raw = source.encode() if isinstance(source, str) else source
    if len(raw) > SIZE_MAX:
        wrong("", "too_large", _("The file is larger than 1 MB."))
        return None
    try:
        SafeTree.fromstring(raw, forbid_dtd=True)
        parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
        return etree.fromstring(raw, parser)
    except DefusedXmlException:
        wrong("", "entities", _("The file declares a document type or entities; they are refused."))
    except (SafeTree.ParseError, etree.XMLSyntaxError, ValueError) as error:
        wrong("", "not_xml", _("The file is not well-formed XML: %s") % error)
    return None


def local(node: etree._Element) -> str:
    """The name of an element without its namespace."""
    return etree.QName(node).localname if isinstance(node.tag, str) else ""


def children(node: etree._Element, name: str) -> Iterator[etree._Element]:
    return (item for item in node if local(item) == name)


def child(node: etree._Element, name: str) -> etree._Element | None:
    return next(children(node, name), None)


def split_name(text: str) -> LocalisedText:
    """`审核 | Review` as both languages; one name stands for both."""
    chinese, bar, english = (part.strip() for part in text.partition("|"))
    return {"zh-hans": chinese, "en": english} if bar and english else {"zh-hans": chinese}
