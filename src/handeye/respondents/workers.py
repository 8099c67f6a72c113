"""Looks at many things at once: off the event loop, at each once however often it is asked about.

Knows threads, nothing of what is looked at and nothing of Inspect.
"""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

import anyio.to_thread
import sniffio

T = TypeVar("T")

# Things remembered: those in flight and then some; what is kept of one is small.
_REMEMBERED = 512


class WorkerPool(Generic[T]):
    """Looks with ``workers`` threads; what is seen does not depend on how many there are.

    Threads, not processes: decoding, Fourier transforms and sorting run outside the interpreter
    lock, and a process pool would run the user's script again wherever processes are spawned.
    """

    def __init__(self, workers: int) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="handeye-look")
        self._seen: OrderedDict[bytes, Future[T]] = OrderedDict()
        self._lock = threading.Lock()

    async def see(self, key: bytes, look: Callable[[], T]) -> T:
        """What ``look`` sees; a thing (by its key) that is being looked at is waited for."""
        with self._lock:
            if key not in self._seen:
                self._seen[key] = self._pool.submit(look)
                if len(self._seen) > _REMEMBERED:
                    self._seen.popitem(last=False)
            self._seen.move_to_end(key)
            future = self._seen[key]
        return await _result(future)


async def _result(future: Future[T]) -> T:
    if sniffio.current_async_library() == "asyncio":
        # Shielded: others may wait for the same thing when this request is cancelled.
        return await asyncio.shield(asyncio.wrap_future(future))
    return await anyio.to_thread.run_sync(future.result, abandon_on_cancel=True)
