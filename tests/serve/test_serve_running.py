"""`grade serve` as a program: started, used over real HTTP, killed in the middle, and ended in order."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import psutil
import pytest
from serve_samples import ROOT, make_course

from grader.gradebook import Gradebook
from grader.serve.submissions import STALE_S

pytestmark = pytest.mark.train
SOLUTION = ROOT / "solutions" / "output_shapes" / "solution.py"


class Served:
    """A running `grade serve`, and a learner who is signed in."""

    def __init__(self, course, state):
        self.state = state
        environment = {**os.environ, "GRADE_STATE": str(state), "PYTHONUNBUFFERED": "1"}
        # A learner's folder may hold anything, also files that are called as modules are.
        folder = state.parent / "work"
        folder.mkdir(exist_ok=True)
        for name in ("random.py", "json.py", "sqlalchemy.py"):
            (folder / name).write_text("raise SystemExit('the wrong module')\n")
        words = ["serve", "--no-browser", "--student", "ada", "--course", str(course.root)]
        command = [sys.executable, "-P", "-c", "from grader.cli import main; main()", *words]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment, cwd=folder
        )
        address = next(found[0] for line in self.process.stdout if (found := re.search(r"http://\S+", line)))
        self.base = address.partition("/enter/")[0]
        self.client = httpx2.Client(base_url=self.base, follow_redirects=True, timeout=60)
        self.client.get(address).raise_for_status()

    def hand_in(self, source):
        page = self.client.get("/exercises/output_shapes").text
        csrf = re.search(r'name="csrf" value="([^"]+)"', page)[1]
        return str(
            self.client.post(
                "/exercises/output_shapes/submissions", data={"csrf": csrf}, files={"file": ("a.py", source)}
            ).url
        )

    def wait_for(self, url, words, seconds=240):
        for _ in range(seconds * 2):
            text = self.client.get(url).text
            if words in text:
                return text
            time.sleep(0.5)
        raise AssertionError(text)

    def find_worker(self):
        """The worker process, once it is there."""
        for _ in range(200):
            for child in psutil.Process(self.process.pid).children():
                if "grader.serve.worker" in child.cmdline():
                    return child
            time.sleep(0.1)
        raise AssertionError("no worker")


@pytest.fixture
def served(tmp_path):
    course = make_course(tmp_path / "course")
    (course.solutions / "output_shapes").mkdir()
    (course.solutions / "output_shapes" / "solution.py").write_bytes(SOLUTION.read_bytes())
    made = Served(course, tmp_path / "state")
    yield made
    made.client.close()
    made.process.kill()
    made.process.wait()
    made.process.stdout.close()


def test_a_file_is_graded_and_the_server_ends_in_order(served):
    """The live view says when it is over; afterwards no process is left, and the gradebook is nobody else's to read."""
    url = served.hand_in(SOLUTION.read_bytes())
    with served.client.stream("GET", f"{url}/events") as events:
        last = [line for line in events.iter_lines() if line.startswith("data:")][-1]
    assert '"over": true' in last
    assert "100 / 100 points" in served.client.get(url).text
    worker = served.find_worker()
    family = [worker, *worker.children(recursive=True)]
    served.process.send_signal(signal.SIGTERM)
    served.process.wait(60)
    _, alive = psutil.wait_procs(family, timeout=20)

    assert alive == []
    database = next(Path(served.state).rglob("*.db"))
    assert database.stat().st_mode & 0o077 == 0
    assert len(Gradebook.open(f"sqlite:///{database}").list_figures()) == 1


def test_a_killed_worker_loses_nothing(served):
    """Another one is started, and grades what was acknowledged, once."""
    urls = [served.hand_in(SOLUTION.read_bytes() + b"\n# " + bytes([65 + index])) for index in range(3)]
    served.find_worker().kill()
    for url in urls:
        served.wait_for(url, "100 / 100 points", seconds=240 + int(STALE_S))
    database = next(Path(served.state).rglob("*.db"))

    assert len(Gradebook.open(f"sqlite:///{database}").list_figures(current=False)) == 3


def test_a_killed_server_takes_its_worker_with_it_and_loses_nothing(served, tmp_path):
    """What was acknowledged is graded by the next one."""
    served.find_worker()
    url = served.hand_in(SOLUTION.read_bytes())
    worker = served.find_worker()
    served.process.kill()
    served.process.wait()
    psutil.wait_procs([worker], timeout=20)
    assert not worker.is_running()
    again = Served(type("Course", (), {"root": tmp_path / "course"}), served.state)
    try:
        again.wait_for(url.removeprefix(served.base), "100 / 100 points", seconds=240 + int(STALE_S))
    finally:
        again.client.close()
        again.process.kill()
        again.process.wait()
        again.process.stdout.close()


def test_the_token_is_in_no_program_s_arguments(tmp_path):
    """Which everybody on the machine can read: the browser gets a file that only this user can, and it goes with the server."""
    seen = tmp_path / "seen"
    browser = tmp_path / "browser.sh"
    browser.write_text(
        f'#!/bin/sh\necho "$@" > {seen}\nstat -c %a "${{1#file://}}" >> {seen}\ncat "${{1#file://}}" >> {seen}\n'
    )
    browser.chmod(0o755)
    program = (
        "from pathlib import Path; from grader.serve.server import open_browser\n"
        f"with open_browser('http://127.0.0.1:1/enter/TOKEN', Path({str(tmp_path)!r}) / 'state'): pass\n"
    )
    subprocess.run([sys.executable, "-c", program], env={**os.environ, "BROWSER": f"{browser} %s"}, check=True)
    arguments, mode, text = seen.read_text().split("\n", 2)

    assert "TOKEN" not in arguments
    assert mode == "600"
    assert "url=http://127.0.0.1:1/enter/TOKEN" in text
    assert not list((tmp_path / "state").iterdir())
