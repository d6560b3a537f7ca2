"""A real JupyterLab and a real Chromium, driven through Lab's own commands: what its menus and keys call."""

import contextlib
import json
import os
import subprocess
import sys
import time

import nbformat
from nbformat.v4 import new_code_cell, new_notebook
from real_parts import find_program, require
from selenium import webdriver as selenium
from selenium.common.exceptions import StaleElementReferenceException, WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
# Cells that are out of sight have no outputs on the page otherwise.
SETTINGS = {
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}
NOTEBOOK = "const panel = window.jupyterapp.shell.currentWidget, cells = panel.content.widgets;"


def start_browser():
    """Chromium without a window."""
    require("chromium")
    options = selenium.ChromeOptions()
    options.binary_location = find_program("chromium")
    for flag in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars", "--disable-gpu"):
        options.add_argument(flag)
    options.unhandled_prompt_behavior = "accept"  # "leave this page?", of a notebook with changes
    return selenium.Chrome(options=options, service=selenium.ChromeService(find_program("chromedriver")))


def wait_until(condition, seconds=150):
    """What the condition gives as soon as it is true; a part of the page that was just replaced is looked for again."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(StaleElementReferenceException, WebDriverException):
            if found := condition():
                return found
        time.sleep(0.1)
    raise AssertionError(f"it didn't happen within {seconds} s")


class LabServer:
    """A server of JupyterLab with settings of its own; `folder` holds the notebooks."""

    def __init__(self, root, **environment):
        self.folder = root / "work"
        self.folder.mkdir()
        for name, value in SETTINGS.items():
            path = root / f"settings/{name}.jupyterlab-settings"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(value))
        homes = {f"JUPYTER_{name.upper()}_DIR": str(root / name) for name in ("config", "data", "runtime")}
        homes |= {
            "JUPYTERLAB_SETTINGS_DIR": str(root / "settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(root / "workspaces"),
            "IPYTHONDIR": str(root / "ipython"),
        }
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--port=0", f"--ServerApp.root_dir={self.folder}",
                   "--IdentityProvider.token=", "--ServerApp.disable_check_xsrf=True", "--LabApp.expose_app_in_browser=True"]  # fmt: skip
        self.log = (root / "log.txt").open("w+")
        self.process = subprocess.Popen(
            command,
            env={**os.environ, **homes, **environment},
            cwd=self.folder,
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )
        (found,) = wait_until(lambda: list((root / "runtime").glob("jpserver-*[0-9].json")))
        self.address = wait_until(lambda: json.loads(found.read_text()))["url"]

    def write_notebook(self, name, sources):
        """A notebook with these cells, of which none was run."""
        cells = [new_code_cell(source) for source in sources]
        nbformat.write(
            new_notebook(cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}}),
            self.folder / name,
        )

    def stop(self):
        """Ends the server and its kernels."""
        self.process.terminate()
        self.process.wait()
        self.log.close()


class LabNotebook:
    """A notebook that is open in the browser, alone on the page as on a phone."""

    def __init__(self, browser, server, name):
        self.browser, self.name = browser, name
        browser.get(f"{server.address}doc/tree/{name}?reset")
        wait_until(lambda: self.ask(f"{NOTEBOOK} return panel.sessionContext.session.kernel.status") == "idle")

    def ask(self, script, *values):
        return self.browser.execute_script(script, *values)

    def do(self, command, **given):
        """Calls a command as a menu does, without waiting for its end."""
        self.ask("window.jupyterapp.commands.execute(arguments[0], arguments[1])", command, given)

    def select(self, index):
        self.ask(f"{NOTEBOOK} panel.content.activeCellIndex = arguments[0]", index)

    def write(self, index, text):
        """Types a cell's text."""
        self.ask(f"{NOTEBOOK} cells[arguments[0]].model.sharedModel.setSource(arguments[1])", index, text)

    def confirm(self):
        """Presses the button that says yes in Lab's dialog."""
        wait_until(lambda: self.browser.find_element(By.CSS_SELECTOR, ".jp-Dialog button.jp-mod-accept")).click()
        wait_until(lambda: not self.browser.find_elements(By.CSS_SELECTOR, ".jp-Dialog"))

    def find_output(self, index):
        """What is below a cell."""
        return self.browser.find_elements(By.CSS_SELECTOR, ".jp-Cell")[index].find_element(
            By.CSS_SELECTOR, ".jp-Cell-outputArea"
        )

    def read(self, index):
        """The text below a cell, as a reader sees it."""
        return self.find_output(index).text

    def wait_for(self, index, words):
        """The text below a cell once these words are in it."""
        return wait_until(lambda: words in (text := self.read(index)) and text)

    def wait_for_idle(self):
        wait_until(lambda: self.ask(f"{NOTEBOOK} return panel.sessionContext.session.kernel.status") == "idle")

    def find_fields(self, index):
        """The fields of a form below a cell."""
        return self.find_output(index).find_elements(By.CSS_SELECTOR, "input")

    def press(self, index, words):
        """Presses a button below a cell with the keyboard."""
        buttons = self.find_output(index).find_elements(By.CSS_SELECTOR, "button")
        next(each for each in buttons if each.text == words).send_keys(Keys.ENTER)

    def save(self):
        self.do("docmanager:save")
        wait_until(lambda: not self.ask(f"{NOTEBOOK} return panel.context.model.dirty"))

    def show(self, width, scheme):
        """As wide as a phone or a window, with Lab's own light or dark theme."""
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        self.do("apputils:change-theme", theme=THEMES[scheme])
        wait_until(lambda: self.ask("return document.body.dataset.jpThemeLight") == str(scheme == "light").lower())
