"""The wallet of openid_wallet.mjs, asked from here: a node process that trusts one certificate authority."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.wallets.libraries import PATIENCE_SECONDS, Libraries

PROGRAM = Path(__file__).with_name("openid_wallet.mjs")


@contextmanager
def open_wallet(authority: Path) -> Iterator[Libraries]:
    """The process, ended on leaving."""
    environment = {"PATH": os.environ["PATH"], "NODE_EXTRA_CA_CERTS": str(authority), "NODE_NO_WARNINGS": "1"}
    with subprocess.Popen(
        ["node", str(PROGRAM)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=PROGRAM.parents[2],
        env=environment,
    ) as process:
        try:
            yield Libraries(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(timeout=PATIENCE_SECONDS)
