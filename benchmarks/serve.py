"""A class in a browser: how long handing in and pages take, and what the web process needs, quiet and beside two trainings.

    python benchmarks/serve.py [STUDENTS] [VIEWS] [--busy]

Goals, with 300 students who hand in within a minute and 500 open live views: acknowledged in 300 ms and pages in 100 ms
(95 % of them), at most 300 MB. The clients run on the same machine and take their part of it.
"""

import asyncio
import csv
import io
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx2
import psutil

from grader.serve.worker import NICENESS

ROOT = Path(__file__).resolve().parents[1]
RUN = [sys.executable, "-c", "from grader.cli import main; main()", "serve"]
SPREAD_S = 60.0
PAGES = ("/", "/exercises/exercise1", "/quizzes/week3")
TRAIN = """
import keras, numpy
model = keras.Sequential([keras.layers.Dense(512, "relu"), keras.layers.Dense(10, "softmax")])
model.compile("adam", "sparse_categorical_crossentropy")
model.fit(numpy.random.rand(60000, 784), numpy.random.randint(0, 10, 60000), epochs=10**6, verbose=0)
"""


def compute_p95(values: list[float]) -> float:
    return sorted(values)[max(0, round(0.95 * len(values)) - 1)]


class Class:
    """A server without a worker, and clients who are signed in."""

    def __init__(self, folder: Path, students: int) -> None:
        roster, url = folder / "roster.csv", f"sqlite:///{folder}/gradebook.db"
        roster.write_text("id,name\n" + "".join(f"s{index},Student {index}\n" for index in range(students)))
        words = ["--class", str(roster), "--gradebook", url]
        links = subprocess.run(
            [*RUN, "links", *words, "--url", "http://127.0.0.1"], capture_output=True, text=True, check=True
        ).stdout
        self.links = [row["link"].removeprefix("http://127.0.0.1") for row in csv.DictReader(io.StringIO(links))]
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        command = [*RUN, *words, "--course", str(ROOT), "--jobs", "0"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        assert self.process.stdout is not None
        self.base = next(
            found[0] for line in self.process.stdout if (found := re.search(r"http://127\.0\.0\.1:\d+", line))
        )

    async def open_client(self, link: str) -> httpx2.AsyncClient:
        client = httpx2.AsyncClient(base_url=self.base, timeout=60, verify=False)
        await client.get(link)
        return client

    def measure_memory(self) -> float:
        return psutil.Process(self.process.pid).memory_info().rss / 2**20

    def measure_cpu_s(self) -> float:
        spent = psutil.Process(self.process.pid).cpu_times()
        return spent.user + spent.system

    def end(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


async def hand_in(client: httpx2.AsyncClient, wait_s: float, number: int, times: dict[str, list[float]]) -> str:
    """Reads some pages and hands in, at this student's moment; returns the address of the submission."""
    await asyncio.sleep(wait_s)
    for page in PAGES:
        began = time.monotonic()
        text = (await client.get(page)).text
        times["page"].append(time.monotonic() - began)
    csrf = re.search(r'name="csrf" value="([^"]+)"', text)
    assert csrf is not None
    began = time.monotonic()
    source = b"# %d\n" % number + b"x = 1\n" * 500
    answer = await client.post(
        "/exercises/exercise1/submissions", data={"csrf": csrf[1]}, files={"file": ("a.py", source)}
    )
    times["hand-in"].append(time.monotonic() - began)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def watch(client: httpx2.AsyncClient, address: str, opened: list[str]) -> None:
    """Keeps one live view open until it is cancelled."""
    async with client.stream("GET", f"{address}/events", timeout=None) as events:
        async for line in events.aiter_lines():
            if line.startswith("data:") and address not in opened:
                opened.append(address)


async def play(course: Class, views: int) -> tuple[dict[str, list[float]], int, float, float]:
    clients = await asyncio.gather(*(course.open_client(link) for link in course.links))
    times: dict[str, list[float]] = {"page": [], "hand-in": []}
    began_s = course.measure_cpu_s()
    first = await hand_in(clients[0], 0, 0, times)
    watching = [
        asyncio.create_task(
            watch(httpx2.AsyncClient(base_url=course.base, verify=False, cookies=clients[0].cookies), first, [])
        )
        for _ in range(min(8, views))
    ]
    moments = [SPREAD_S * index / len(clients) for index in range(len(clients))]
    opened: list[str] = []

    async def take_part(index: int) -> None:
        address = await hand_in(clients[index], moments[index], index, times)
        for _ in range(max(1, round(views / len(clients)))):
            viewer = httpx2.AsyncClient(base_url=course.base, verify=False, cookies=clients[index].cookies)
            watching.append(asyncio.create_task(watch(viewer, address, opened)))

    await asyncio.gather(*(take_part(index) for index in range(1, len(clients))))
    await asyncio.sleep(5)
    memory, cpu_s = course.measure_memory(), course.measure_cpu_s() - began_s
    count = sum(not task.done() for task in watching)
    for task in watching:
        task.cancel()
    return times, count, memory, cpu_s


def report(name: str, students: int, views: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        course = Class(Path(folder), students)
        try:
            times, count, memory, cpu_s = asyncio.run(play(course, views))
        finally:
            course.end()
    shown = ", ".join(f"{kind} p95 {1000 * compute_p95(values):.0f} ms" for kind, values in times.items())
    print(
        f"{name}: {students} students in {SPREAD_S:.0f} s, {count} live views: {shown}; web process {memory:.0f} MB, {cpu_s:.0f} s of one core"
    )


def main() -> None:
    students, views = int(sys.argv[1]) if len(sys.argv) > 1 else 300, int(sys.argv[2]) if len(sys.argv) > 2 else 500
    if "--busy" not in sys.argv:
        report("quiet", students, views)
    # As a worker's trainings, which give way to the pages.
    trainings = [
        subprocess.Popen(["nice", "-n", str(NICENESS), sys.executable, "-c", TRAIN], stderr=subprocess.DEVNULL)
        for _ in range(2)
    ]
    try:
        time.sleep(20)
        report("beside two trainings", students, views)
    finally:
        for training in trainings:
            training.kill()


if __name__ == "__main__":
    main()
