"""The run lane beside a bare client loop, against a local server in a process of its own.

    python benchmarks/lane.py [--latency 0,0.2,2] [--side 336,1024] [--answers N]

Each case asks the same questions twice over the same 64 connections: once through the whole lane
(``run_rose`` without scoring: items, journal, Inspect, its log), once in a loop over the official
OpenAI client that keeps nothing. Printed per case, from the server's own clock:

    whole       answers / (last answer sent - first request seen)
    steady      answers per second between the first and the last full latency (at least a tenth of
                the time each), so that filling and draining the connections do not count
    peak        peak resident memory of the process, in MiB (lane: engine + wire process)
    log         size of Inspect's log per answer

and the limit that the connections set: 64 / latency. Client and server share the machine's cores.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SUPPORT = ROOT / "tests" / "support"
CONNECTIONS = 64
ITEMS_PER_SCENE = 5


@dataclass(frozen=True)
class Measured:
    whole: float
    steady: float
    peak_mib: float
    log_bytes: int


def serve(latency: float) -> tuple[subprocess.Popen[str], str]:
    command = [sys.executable, str(SUPPORT / "chat_server.py"), "--latency", str(latency)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    return server, server.stdout.readline().strip()


def rates(url: str, latency: float) -> tuple[float, float]:
    with urllib.request.urlopen(url.removesuffix("/v1") + "/log") as response:
        note = json.load(response)
    sent = sorted(note["sent_at"])
    first = note["first_request"]
    whole = len(sent) / (sent[-1] - first)
    # Whole cycles of all connections, so that answers that arrive in volleys count fairly.
    margin = max(latency, 0.1 * (sent[-1] - first))
    start, end = first + margin, sent[-1] - margin
    if latency:
        end = start + max(1, int((end - start) / latency)) * latency
    steady = sum(start < at <= end for at in sent) / (end - start)
    return whole, steady


def measure(kind: str, data: Path, latency: float) -> Measured:
    server, url = serve(latency)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        env = os.environ | {"HANDEYE_BENCH_API_KEY": "none", "OPENAI_API_KEY": "none"}
        command = [sys.executable, __file__, "--child", kind, str(data), str(out), url]
        try:
            done = subprocess.run(command, env=env, check=True, capture_output=True, text=True)
            whole, steady = rates(url, latency)
        finally:
            server.kill()
            server.wait()
        log = sum(path.stat().st_size for path in out.glob("logs/*"))
        peak = float(done.stdout.split()[-1])
    return Measured(whole, steady, peak, log)


def child(kind: str, data: Path, out: Path, url: str) -> None:
    """Runs in a process of its own and prints its peak memory in MiB."""
    import resource

    if kind == "lane":
        from handeye.rose.asking.run import run_rose

        run_rose("openai-api/handeye-bench/m", data, out, base_url=url, progress=False, score=False)
    else:
        asyncio.run(bare(data, url))
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    print(sum(resource.getrusage(one).ru_maxrss for one in who) / 1024)


async def bare(data: Path, url: str) -> None:
    from openai import AsyncOpenAI

    from handeye.rose.asking.prompts import Picture, prompt_parts
    from handeye.rose.release import load

    items = load(data)
    client = AsyncOpenAI(api_key="none", base_url=url, max_retries=0)
    free = asyncio.Semaphore(CONNECTIONS)

    async def ask(picture: str, text: str) -> None:
        image = {"type": "image_url", "image_url": {"url": picture}}
        content = [image, {"type": "text", "text": text}]
        try:
            await client.chat.completions.create(
                model="m",
                messages=[{"role": "user", "content": content}],  # type: ignore[list-item, misc]
            )
        finally:
            free.release()

    async with asyncio.TaskGroup() as group:
        for rows in items.scenes().values():
            paths = {items.image_path(item) for item in rows}
            urls = {path: Picture.read(path).data_url() for path in paths}
            for item in rows:
                await free.acquire()
                _, text = prompt_parts(item, "image_first")
                group.create_task(ask(urls[items.image_path(item)], text or ""))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--latency", default="0,0.2,2", help="seconds, comma-separated")
    parser.add_argument("--side", default="336,1024", help="edge of the pictures in pixels")
    parser.add_argument("--answers", type=int, default=1000, help="answers of one measurement")
    parser.add_argument("--child", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        kind, data, out, url = options.child
        child(kind, Path(data), Path(out), url)
        return
    sys.path.insert(0, str(ROOT))
    from tests.support.rose.small_set import write_set

    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {time.strftime('%Y-%m-%d')}")
    head = (
        "picture  latency  limit/s | lane: whole steady peak log/answer | bare: whole steady peak"
    )
    print(f"{head} | lane/bare steady, lane/limit steady")
    for side in map(int, options.side.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            scenes = options.answers // ITEMS_PER_SCENE
            data = write_set(Path(folder) / "set", scenes, side=side, noise=True)
            size = (data / "images" / "s00000_base.png").stat().st_size
            for latency in map(float, options.latency.split(",")):
                report(side, size, latency, data, options.answers)


def report(side: int, size: int, latency: float, data: Path, answers: int) -> None:
    lane, loop = measure("lane", data, latency), measure("bare", data, latency)
    limit = CONNECTIONS / latency if latency else float("inf")
    share = f"{lane.steady / limit:.1%}" if latency else "-"
    print(
        f"{side}² {size // 1000} kB  {latency * 1000:.0f} ms  {limit:.0f} | "
        f"{lane.whole:.1f} {lane.steady:.1f} {lane.peak_mib:.0f} MiB "
        f"{lane.log_bytes / answers:.0f} B | "
        f"{loop.whole:.1f} {loop.steady:.1f} {loop.peak_mib:.0f} MiB | "
        f"{lane.steady / loop.steady:.2f}, {share}",
        flush=True,
    )


if __name__ == "__main__":
    main()
