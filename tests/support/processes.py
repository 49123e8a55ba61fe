"""Processes of their own for tests of what happens between processes, or when one is killed.

Each is forked from one server that has imported the service already: to import it anew takes a process longer than its work.
"""

import multiprocessing
from multiprocessing.context import ForkServerContext

PROCESSES: ForkServerContext = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["pytest", "identity_service.bootstrap", "identity_service.demo.devchain"])
