"""What the process that serves the demo's page must know of the stage that another process has set."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

PAGE_FILE: Final = "page.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSetting:
    """What the page's process must know of the stage; all of it is public on the chain or in the API."""

    rpc_url: str
    token: str
    token_name: str
    claim_issuer: str
    network_party: str
    office_party: str
    reached_at: str = ""

    def write(self, data_directory: Path) -> None:
        """Leave it where the page looks for it; the file appears whole or not at all."""
        content = {name: getattr(self, name) for name in self.__slots__}
        partial = data_directory / f"{PAGE_FILE}.partial"
        partial.write_text(json.dumps(content, indent=2) + "\n")
        partial.replace(data_directory / PAGE_FILE)

    @classmethod
    def read(cls, data_directory: Path) -> Self | None:
        """What ``write`` left, or None while the stage is still being set."""
        try:
            return cls(**json.loads((data_directory / PAGE_FILE).read_text()))
        except FileNotFoundError:
            return None
