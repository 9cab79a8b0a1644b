"""Light processes to kill: forks of the test's own, which never return to it."""

from __future__ import annotations

import os
import select
import signal
import time
import traceback
from collections.abc import Callable

SECONDS = 30


class Child:
    """A process of ours that is killed when its `with` ends."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def __enter__(self) -> None:
        pass

    def __exit__(self, *error: object) -> None:
        """Kill it, wherever it is; fail if it has failed before."""
        os.kill(self.pid, signal.SIGKILL)
        _, status = os.waitpid(self.pid, 0)
        assert os.WIFSIGNALED(status), "the child failed, see its traceback"


def fork(act: Callable[[Callable[[], None]], None]) -> Child:
    """A child that does `act(ready)` and waits. This returns when it is ready, or gone."""
    reads, writes = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            signal.alarm(SECONDS)  # should the test itself be killed
            act(lambda: _say(writes))
            _say(writes)
            time.sleep(SECONDS)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)
    os.close(writes)
    select.select([reads], [], [], SECONDS)
    os.close(reads)
    return Child(pid)


def _say(writes: int) -> None:
    os.write(writes, b".")


def die() -> None:
    """End this process as nothing can prevent."""
    os.kill(os.getpid(), signal.SIGKILL)
