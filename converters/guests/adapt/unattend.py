"""The answer file for a generalized Windows: its first start asks nobody anything.

The settings are those that the user guide names: the licence terms are accepted, the languages are
en-US, and the pages of the first start are skipped. Names and the pass that reads them are of the
schema: https://learn.microsoft.com/windows-hardware/customize/desktop/unattend
"""

from typing import Final
from xml.etree import ElementTree

NAMESPACE: Final = "urn:schemas-microsoft-com:unattend"
PATH: Final = "/Windows/Panther/unattend.xml"
LANGUAGE: Final = "en-US"
TOKEN: Final = "31bf3856ad364e35"  # of Microsoft's own components

ARCHITECTURES: Final = {"x86_64": "amd64", "i386": "x86"}

INTERNATIONAL: Final = ("InputLocale", "SystemLocale", "UILanguage", "UserLocale")
SKIPPED: Final = ("HideEULAPage", "SkipMachineOOBE", "SkipUserOOBE")


def unattend(architecture: str) -> bytes:
    """Return the answer file for an architecture, x86_64 or i386."""
    ElementTree.register_namespace("", NAMESPACE)
    root = ElementTree.Element(_name("unattend"))
    settings = ElementTree.SubElement(root, _name("settings"), {"pass": "oobeSystem"})
    language = _component(settings, "Microsoft-Windows-International-Core", architecture)
    for name in INTERNATIONAL:
        ElementTree.SubElement(language, _name(name)).text = LANGUAGE
    shell = _component(settings, "Microsoft-Windows-Shell-Setup", architecture)
    first_start = ElementTree.SubElement(shell, _name("OOBE"))
    for name in SKIPPED:
        ElementTree.SubElement(first_start, _name(name)).text = "true"
    ElementTree.indent(root)
    text: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return text.replace(b"\n", b"\r\n") + b"\r\n"


def _component(settings: ElementTree.Element, name: str, architecture: str) -> ElementTree.Element:
    attributes = {
        "name": name,
        "processorArchitecture": ARCHITECTURES[architecture],
        "publicKeyToken": TOKEN,
        "language": "neutral",
        "versionScope": "nonSxS",
    }
    return ElementTree.SubElement(settings, _name("component"), attributes)


def _name(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"
