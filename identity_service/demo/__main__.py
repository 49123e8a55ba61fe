"""``python -m identity_service.demo DIRECTORY``: serves the demo's application on its data directory. ``make demo`` starts it."""

import sys
from pathlib import Path

from identity_service.settings import load_settings
from identity_service.web.serving import serve_application

if __name__ == "__main__":
    serve_application("identity_service.demo.app:create_app", load_settings(Path(sys.argv[1])))
