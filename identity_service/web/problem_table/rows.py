"""The shape of a row."""

from collections.abc import Mapping

Row = tuple[str, str] | tuple[str, str, int]
Rows = Mapping[str, Row]
