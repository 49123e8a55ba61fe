"""``python -m identity_service.demo DIRECTORY``: serves the demo's application on its data directory. ``make demo`` starts it.

``DIRECTORY HOST PORT CERTIFICATE KEY`` serves the same by https, for whoever has a phone to try it with.
"""

import sys
from pathlib import Path

from identity_service.settings import load_settings
from identity_service.web.serving import serve_application

if __name__ == "__main__":
    names = ("host", "port", "tls_certificate", "tls_key")
    given: dict[str, str] = dict(zip(names, sys.argv[2:], strict=False))
    serve_application("identity_service.demo.app:create_app", load_settings(Path(sys.argv[1]), **given))
