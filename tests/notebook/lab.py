"""A real JupyterLab in a real Chromium: opens a notebook, runs its cells, and looks at what is shown."""

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.request

import nbformat
from nbformat.v4 import new_code_cell, new_notebook
from real_parts import find_program
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

MAX_WAIT_S = 240
QUIET = [
    "--ServerApp.token=",
    "--ServerApp.password=",
    "--allow-root",
    "--no-browser",
    "--ServerApp.ip=127.0.0.1",
    "--ServerApp.port=0",
]


@contextlib.contextmanager
def run_lab(folder, environment):
    """The address of a server of this folder."""
    runtime = folder.parent / "runtime"
    dirs = {"JUPYTER_RUNTIME_DIR": str(runtime), "JUPYTER_CONFIG_DIR": str(folder.parent / "config"),
            "JUPYTERLAB_WORKSPACES_DIR": str(folder.parent / "workspaces"), "IPYTHONDIR": str(folder.parent / "ipython"),
            "JUPYTERLAB_SETTINGS_DIR": str(folder.parent / "settings"), "JUPYTER_PLATFORM_DIRS": "1"}  # fmt: skip
    settings = folder.parent / "settings/@jupyterlab/notebook-extension/tracker.jupyterlab-settings"
    settings.parent.mkdir(parents=True)
    settings.write_text('{"windowingMode": "none"}')  # every cell is in the page, wherever it is scrolled to
    command = [sys.executable, "-m", "jupyterlab", *QUIET, f"--ServerApp.root_dir={folder}", "--LabApp.expose_app_in_browser=True",
               "--LabApp.news_url=", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]  # fmt: skip
    with (folder.parent / "lab.log").open("w") as log:
        server = subprocess.Popen(
            command, env=os.environ | dirs | environment, stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield _await_address(runtime, server)
    finally:
        server.terminate()
        server.wait(60)


def _await_address(runtime, server):
    end = time.monotonic() + MAX_WAIT_S
    while time.monotonic() < end and server.poll() is None:
        for path in runtime.glob("jpserver-*.json"):
            with contextlib.suppress(OSError, ValueError):
                address = f"http://127.0.0.1:{json.loads(path.read_text())['port']}"
                urllib.request.urlopen(f"{address}/api", timeout=5).close()
                return address
        time.sleep(0.2)
    raise AssertionError((runtime.parent / "lab.log").read_text()[-2000:])


@contextlib.contextmanager
def open_chromium():
    options = webdriver.ChromeOptions()
    options.binary_location = find_program("chromium")
    for flag in (
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--window-size=1280,1000",
    ):
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(find_program("chromedriver")))
    driver.set_script_timeout(MAX_WAIT_S)
    try:
        yield driver
    finally:
        driver.quit()


class LabPage:
    """One notebook in a browser; what stands below a cell goes by the cell's number from 0."""

    def __init__(self, driver, address, path):
        self.driver, self.address, self.path = driver, address, path

    def open(self, *, width=1280, scheme="light"):
        size = {"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        self.driver.get(f"{self.address}/doc/tree/{self.path.name}?reset")
        self.wait(lambda: self.script("return !!window.jupyterapp?.shell.currentWidget?.context"))
        self.driver.execute_async_script(
            "const [theme, done] = arguments;"
            "const app = window.jupyterapp;"
            "app.commands.execute('apputils:change-theme', {theme})"
            ".then(() => app.shell.currentWidget.context.ready).then(() => app.shell.currentWidget.sessionContext.ready).then(() => done())",
            "JupyterLab Dark" if scheme == "dark" else "JupyterLab Light",
        )

    def wait(self, true, seconds=MAX_WAIT_S):
        return WebDriverWait(self.driver, seconds, poll_frequency=0.1).until(lambda _: true())

    def script(self, text, *given):
        return self.driver.execute_script(text, *given)

    def run(self, command, *, wait=True):
        """Executes a command of JupyterLab's, such as `notebook:run-all-cells`."""
        text = "const [name, wait, done] = arguments; const all = window.jupyterapp.commands.execute(name); wait ? all.then(() => done(), done) : done()"
        self.driver.execute_async_script(text, command, wait)

    def text(self, index):
        return self.script(
            "const cell = document.querySelectorAll('.jp-Notebook .jp-CodeCell')[arguments[0]];"
            "return [...cell.querySelectorAll('.jp-OutputArea-output')].map(each => each.innerText).join('\\n')", index
        )  # fmt: skip

    def click(self, selector):
        self.wait(lambda: self.driver.find_elements(By.CSS_SELECTOR, selector))[0].click()

    def tab_to(self, selector):
        """Presses the Tab key until an element has the focus."""
        for _ in range(40):
            ActionChains(self.driver).send_keys(Keys.TAB).perform()
            if self.script("return document.activeElement.matches(arguments[0])", selector):
                return
        raise AssertionError(f"no way to {selector} with the keyboard")

    def save(self):
        self.run("docmanager:save")
        return nbformat.read(self.path, as_version=4)


def write_notebook(path, *cells):
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}  # else it asks which
    nbformat.write(new_notebook(cells=[new_code_cell(cell) for cell in cells], metadata=kernel), path)
    return path
