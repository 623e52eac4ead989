# SPDX-License-Identifier: EUPL-1.2
"""Distinguished names of a directory (RFC 4514): compared, and looked at. They are never built from input."""


def plain_dn(dn: str) -> str:
    """A DN as it is compared: without case and without space around its parts."""
    return ",".join(_parts(dn))


def _parts(dn: str) -> list[str]:
    """The parts of a DN from the person up; cut at commas that are not escaped."""
    parts: list[str] = [""]
    escaped = False
    for letter in dn:
        if letter in ",;" and not escaped:
            parts.append("")
        else:
            parts[-1] += letter
        escaped = letter == "\\" and not escaped
    return ["=".join(one.strip() for one in part.split("=", 1)).casefold() for part in parts]


def below(dn: str, base: str) -> bool:
    """Whether an entry stands below a base."""
    parts, above = _parts(dn), _parts(base)
    return len(parts) > len(above) and parts[-len(above) :] == above


def first_name(dn: str, attribute: str) -> set[str]:
    """The value of a DN's first part, if it is of this attribute."""
    kind, _, value = dn.partition(",")[0].partition("=")
    return (
        {value.strip()} if kind.strip().lower() == attribute.lower() and "\\" not in dn else set()
    )
