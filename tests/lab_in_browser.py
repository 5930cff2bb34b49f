"""JupyterLab on a folder and Chromium, started for a test and ended with it; and what they show.

A test file that imports this is skipped where Chromium, its driver or Selenium is missing.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from unittest import mock

# Matplotlib reports on stderr that it builds its font cache: now, not in the output of a cell.
import matplotlib.font_manager  # noqa: F401
import pytest

from conftest import wait_for

for command in ("chromium", "chromedriver"):
    if shutil.which(command) is None:
        reason = f"{command} is missing; on Debian: apt install chromium chromium-driver"
        pytest.skip(reason, allow_module_level=True)
webdriver = pytest.importorskip("selenium.webdriver")

# Nobody's own settings, and no question to somebody who is not there.
SETTINGS = {
    # All cells are in the page all the time; some versions would keep only those in view.
    "notebook-extension/tracker": {"windowingMode": "none"},
    # It would ask, on top of the page, whether to fetch news.
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}

# What the page shows: mostly texts; of figures, how many each code cell shows that have a size.
LOOK = """
const all = (selector, inside = document) => [...inside.querySelectorAll(selector)];
const texts = (selector) => all(selector).map((element) => element.innerText);
const kernel = texts(".jp-Toolbar-kernelName")[0] ?? "No Kernel";
const visible = (element) => {
    const {width, height} = element.getBoundingClientRect();
    return width > 0 && height > 0;
};
const loaded = (picture) => picture.complete && picture.naturalWidth > 0
    || picture.contentDocument?.readyState == "complete";
return {
    // The indicator calls a kernel that has yet to be started idle, too.
    idle: kernel != "No Kernel" && all(".jp-Notebook-ExecutionIndicator[data-status=idle]").length,
    prompts: texts(".jp-CodeCell .jp-InputPrompt"),
    outputs: all(".jp-CodeCell").map((cell) => all(".jp-OutputArea-output", cell)
        .map((output) => output.innerText).join("\\n")),
    bars: all(".jp-CodeCell .progress-bar").filter(visible).length,
    figures: all(".jp-CodeCell").map((cell) => all(".jp-OutputArea :is(img, iframe)", cell)
        .filter((picture) => loaded(picture) && visible(picture)).length),
    dialog: texts(".jp-Dialog"),
    // A traceback has the one type or the other, as JupyterLab's version has it.
    error: texts("[data-mime-type$='jupyter.stderr'], [data-mime-type$='jupyter.error']"),
    formula: texts("mjx-merror"),
};
"""


@contextlib.contextmanager
def jupyterlab(folder, dataset):
    """Start JupyterLab on a folder, where it also keeps all its own files; yield address, token."""
    for name, settings in SETTINGS.items():
        path = folder / f"config/lab/user-settings/@jupyterlab/{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(settings), encoding="utf-8")

    # MPLBACKEND=Agg, usual on servers, would keep figures out of the notebook.
    foreign = ("IPYTHON", "JUPYTER", "MPLBACKEND")
    env = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    env.setdefault("OPENBLAS_NUM_THREADS", "1")  # threads of small products wait for each other
    env["CIFAR10_DIR"] = str(dataset)
    env["IPYTHONDIR"] = str(folder / "ipython")
    for kind in ("config", "data", "runtime"):
        env[f"JUPYTER_{kind.upper()}_DIR"] = str(folder / kind)

    command = [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--ip=127.0.0.1"]
    command += [f"--ServerApp.root_dir={folder}", "--LabApp.extension_manager=readonly"]
    command += ["--allow-root"] if os.getuid() == 0 else []
    log = folder / "jupyterlab.log"
    with open(log, "w", encoding="utf-8") as output:
        server = subprocess.Popen(
            command,
            cwd=folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C is for pytest, which then ends it as below
        )

    def started():
        assert server.poll() is None, log.read_text(encoding="utf-8")
        # This page is written after the file with the address, which is then complete.
        return any(folder.glob("runtime/jpserver-*-open.html"))

    try:
        wait_for(started, seconds=120, what=f"JupyterLab starts; {log}")
        info = json.loads(next(folder.glob("runtime/jpserver-*.json")).read_text(encoding="utf-8"))
        yield info["url"], info["token"]
    finally:
        server.terminate()  # it ends its kernels first
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)  # kernels end when they find it gone
            server.wait()


@contextlib.contextmanager
def chromium(profile):
    """Start headless Chromium with a new profile; yield Selenium's driver."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    options.set_capability("goog:loggingPrefs", {"browser": "SEVERE"})
    for argument in [
        "--headless=new",
        "--window-size=1280,1400",
        f"--user-data-dir={profile}",
        "--no-sandbox",  # root cannot have it, nor can most containers; all pages are our own
        "--disable-dev-shm-usage",  # containers have little of it
        "--disable-gpu",
        # Nothing but the page: no updates, no accounts, no questions.
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-quic",
        "--disable-sync",
        "--no-first-run",
    ]:
        options.add_argument(argument)
    # Named, so that Selenium does not look for a driver to download.
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    with mock.patch.dict(os.environ, no_proxy="*"):  # Selenium would ask it for this very machine
        driver = webdriver.Chrome(options=options, service=service)
        try:
            yield driver
        finally:
            driver.quit()


def look(driver):
    """Return what the page shows, as LOOK words it."""
    return driver.execute_script(LOOK)


def wait_until_open(driver):
    what = "the notebook is open, its kernel idle"
    wait_for(lambda: look(driver)["idle"], seconds=120, what=what)


def choose(driver, menu, item):
    """Choose an item of a menu of JupyterLab by clicks."""
    for label in (menu, item):
        path = f"//*[contains(@class, 'lm-Menu') and text()='{label}']"
        driver.find_element("xpath", path).click()
