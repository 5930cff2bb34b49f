"""Do the figures that can be touched move, by mouse and by keyboard, and are their numbers right?

In Chromium, each alone and in the frame in which a notebook shows it. What was seen is in
build/browser/figures/. A still picture that is out of date is written there, too: see STILLS.
"""

import base64
import html
import json
import re

import nbformat
import numpy as np
import pytest
from matplotlib import pyplot as plt
from nbconvert import HTMLExporter
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from conftest import ROOT
from course.outputs.compare import Tolerance, compare_pictures
from course.outputs.page import to_html
from cs231n import gradient_check, pictures, vis_utils
from cs231n.classifiers import linear_svm, softmax
from tests.figure_data import NAMES, templates
from tests.lab_in_browser import SETTINGS, chromium, jupyterlab, look, wait_for, wait_until_open

pytestmark = pytest.mark.slow

SEEN = ROOT / "build" / "browser" / "figures"
# The still picture of a page is the page itself, as it is printed, without its title.
STILLS = ["plane", "kink"]
# Another machine has other fonts: words may differ, a region or a curve may not.
FONTS = Tolerance(image=0.5, shift=6)
WIDTH = 760  # of the frame, in pixels


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    with chromium(tmp_path_factory.mktemp("chromium")) as driver:
        yield driver
        assert driver.get_log("browser") == []  # no error on any page


@pytest.fixture
def shown(monkeypatch):
    """A function that returns what a cell with one of the figures would show: {type: text}."""
    bundles = []
    monkeypatch.setattr(pictures, "display", lambda bundle, raw: bundles.append(bundle))
    monkeypatch.setattr(plt, "rcParams", plt.rcParams.copy())

    def show(name, **values):
        if name == "steps":
            rng = np.random.default_rng(1)
            snapshots = [templates(rng) for _ in ITERATIONS]
            pictures.show_steps(ITERATIONS, snapshots, CURVES, NAMES, title="Figure 7. Steps")
        else:
            pictures.show_page(name, values.pop("title", f"Figure 7. {name}"), **values)
        return bundles.pop()

    return show


ITERATIONS = [0, 5, 20, 100]
CURVES = {"data loss": [9.0, 6.5, 4.25, 4.0], "penalty": np.float32([7.5, 5, 2, 0.5]) * 1.0}


@pytest.fixture
def page(driver, shown, tmp_path):
    """A function that opens a figure's page alone."""

    def open_page(name, media="", dark=False, **values):
        page = re.search('srcdoc="([^"]*)"', shown(name, **values)["text/html"])[1]
        return open_html(driver, tmp_path, html.unescape(page), media, dark)

    return open_page


def open_html(driver, folder, text, media="", dark=False):
    (folder / "page.html").write_text(text, encoding="utf-8")
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    options = {"media": media, "features": [scheme]}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", options)
    driver.get((folder / "page.html").as_uri())
    return driver


def screenshot(driver):
    """Return a PNG of the page, WIDTH pixels wide."""
    size = {"width": WIDTH, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    height = driver.execute_script("return document.documentElement.offsetHeight")
    clip = {"x": 0, "y": 0, "width": WIDTH, "height": height, "scale": 1}
    found = driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png", "clip": clip})
    driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    return base64.b64decode(found["data"])


def save(driver, name):
    SEEN.mkdir(parents=True, exist_ok=True)
    (SEEN / f"{name}.png").write_bytes(screenshot(driver))


def text(driver, name):
    return driver.find_element("id", name).text


def press(driver, name, *keys):
    """Give the focus to an element by its id, as Tab would, and press keys."""
    driver.execute_script("document.getElementById(arguments[0]).focus()", name)
    ActionChains(driver).send_keys(*keys).perform()


# Steps of SGD


def test_the_slider_goes_through_the_snapshots_by_keys(page):
    driver = page("steps")
    assert text(driver, "title") == "Figure 7. Steps"
    assert text(driver, "reading") == "Iteration 100: data loss 4.00, penalty 0.50"
    save(driver, "steps-light")
    press(driver, "at", Keys.HOME)
    assert text(driver, "reading") == "Iteration 0: data loss 9.00, penalty 7.50"
    press(driver, "at", Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    assert text(driver, "reading") == "Iteration 20: data loss 4.25, penalty 2.00"
    tile = driver.find_elements("css selector", "#templates [role=img]")[3]
    assert tile.get_attribute("aria-label") == "Template of cat at iteration 20"
    at = driver.execute_script("return getComputedStyle(arguments[0]).backgroundPosition", tile)
    assert at == f"-{3 * 96}px -{2 * 96}px"


def test_the_animation_plays_to_its_end_from_the_start(page):
    driver = page("steps", dark=True)
    press(driver, "play", Keys.ENTER)
    assert text(driver, "play") == "Pause" and "Iteration 100" not in text(driver, "reading")
    save(driver, "steps-dark")
    wait_for(lambda: text(driver, "play") == "Play", seconds=30, what="the animation ends")
    assert "Iteration 100" in text(driver, "reading")


def test_the_strip_holds_every_template_in_its_place(shown, monkeypatch):
    pages = []
    monkeypatch.setattr(pictures, "show_page", lambda *_, **values: pages.append(values))
    rng = np.random.default_rng(1)
    snapshots = [templates(rng) for _ in range(3)]
    pictures.show_steps([0, 1, 2], snapshots, {"loss": [3, 2, 1]}, NAMES, "Steps")
    strip = pages[0]["strip"].partition(",")[2]
    whole = np.vstack([np.hstack(vis_utils.template_images(W)) for W in snapshots])
    exact = pictures.encode(pictures.Image.fromarray(whole), "PNG")
    assert compare_pictures(exact, strip, Tolerance()) == ([], {})
    turned = pictures.encode(pictures.Image.fromarray(whole[::-1]), "PNG")
    assert compare_pictures(turned, strip, Tolerance())[0]


# Three classes in a plane


def test_the_arithmetic_of_the_plane_is_that_of_the_package(page, rng):
    driver = page("plane")
    scores, y = 3 * rng.standard_normal((40, 3)), rng.integers(3, size=40)
    scores[0, :2] = [1, 0]
    y[0] = 0  # at the kink
    call = "return arguments[0].map((row, i) => {}(row, arguments[1][i], arguments[2]))"
    for name, function, options in (
        ("hingeLoss", linear_svm.hinge_loss, (1.0,)),
        ("hingeLoss", linear_svm.hinge_loss, (0.3,)),
        ("softmaxLoss", softmax.cross_entropy_loss, ()),
    ):
        given = scores.tolist(), y.tolist(), *(options or (None,))
        losses, dscores = zip(*driver.execute_script(call.format(name), *given), strict=True)
        expected_losses, expected_dscores = function(scores, y, *options)
        np.testing.assert_allclose(losses, expected_losses, rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(dscores, expected_dscores, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("loss", ["hinge", "softmax"])
def test_steps_in_the_plane_are_those_of_gradient_descent(page, loss):
    driver = page("plane")
    Select(driver.find_element("id", "loss")).select_by_visible_text(loss)
    press(driver, "again", Keys.ENTER)
    assert text(driver, "reading").startswith("After 0 steps")
    points = driver.execute_script("return points.map(({x, y}) => [...x, y])")
    X, y = np.array(points)[:, :3], np.array(points)[:, 3].astype(int)
    W = np.zeros((3, 3))
    for _ in range(3):
        press(driver, "step", Keys.SPACE)
        if loss == "hinge":
            W -= 0.1 * linear_svm.svm_loss_vectorized(W, X, y, 0.01, margin=1.0)[1]
        else:
            W -= 0.1 * softmax.softmax_loss_vectorized(W, X, y, 0.01)[1]
    np.testing.assert_allclose(driver.execute_script("return W"), W, rtol=1e-9, atol=1e-12)
    function = {"hinge": linear_svm.svm_loss_vectorized, "softmax": softmax.softmax_loss_vectorized}
    total, penalty = function[loss](W, X, y, 0.01)[0], 0.01 * np.sum(W**2)
    told = f"After 3 steps: loss {total:.3f} = data {total - penalty:.3f} + penalty {penalty:.3f}"
    assert text(driver, "reading").startswith(told)


def test_beyond_the_margin_a_point_moves_the_softmax_alone(page):
    driver = page("plane")
    save(driver, "plane-light")
    far = driver.find_elements("css selector", ".point")[0]
    far.click()
    assert "loss 0.000; no effect on W" in text(driver, "told")
    before = text(driver, "reading")
    ActionChains(driver).send_keys(Keys.ARROW_LEFT, Keys.ARROW_UP).perform()  # farther away
    assert far.get_attribute("aria-label").startswith("circle at -2.0, 1.3")
    assert text(driver, "reading") == before
    Select(driver.find_element("id", "loss")).select_by_visible_text("softmax")
    assert "12 of the 12 points pull" in text(driver, "reading")
    before = text(driver, "told")
    far.send_keys(Keys.ARROW_LEFT)
    assert "it pulls with" in before != text(driver, "told")


def test_a_point_follows_the_mouse_and_the_lines_follow_in_the_end(page):
    driver = page("plane", dark=True)
    save(driver, "plane-dark")
    region = "return document.querySelector('.region').getAttribute('d')"
    lines, before = driver.execute_script(region), text(driver, "reading")
    point = driver.find_elements("css selector", ".point")[0]
    drag = ActionChains(driver).click_and_hold(point).move_by_offset(130, 65)
    drag.move_by_offset(65, 65).release().perform()
    assert point.get_attribute("aria-label").startswith("circle at 1.1, -0.8")  # 65 pixels are 1
    assert text(driver, "reading") != before
    assert driver.execute_script(region) == lines  # the weights have not moved yet
    press(driver, "run", Keys.ENTER)
    wait_for(lambda: driver.execute_script(region) != lines, seconds=30, what="the lines move")
    press(driver, "run", Keys.ENTER)
    assert text(driver, "run") == "Run"


def test_a_large_rate_jumps_and_a_large_penalty_flattens(page):
    driver = page("plane")
    run = "for (let i = 0; i < 200; i += 1) step(); show(); return [losses, W]"
    calm, W = driver.execute_script(run)
    press(driver, "rate", Keys.END)
    jumping, _ = driver.execute_script(run)
    assert np.ptp(jumping) > 10 * np.ptp(calm)
    driver.refresh()
    press(driver, "reg", Keys.END)
    _, flat = driver.execute_script(run)
    assert abs(np.array(flat)).max() < 0.5 * abs(np.array(W)).max()


# The kink


def test_the_slopes_at_the_kink_are_those_of_a_gradient_check(page):
    driver = page("kink")
    save(driver, "kink-light")
    assert (
        "At w = 0.25 h the slope is 1, and over 2h it is 0.625, that is 0.5 + w/2h: they"
        in text(driver, "slopes")
    )
    for w in (-1.5, -0.95, -0.05, 0.0, 0.5, 1.0, 1.75):
        x = np.array([w])
        expected = gradient_check.central_difference(lambda x: max(0, x[0]), x, 0, h=1.0)
        found = driver.execute_script("return numericalSlope(arguments[0], 1)", w)
        assert abs(found - expected) < 1e-12
    press(driver, "at", Keys.HOME)
    assert (
        text(driver, "slopes")
        == "At w = -2.00 h the slope is 0, and over 2h it is 0.000: they agree."
    )
    press(driver, "at", Keys.END)
    assert (
        text(driver, "slopes")
        == "At w = 2.00 h the slope is 1, and over 2h it is 1.000: they agree."
    )


def test_a_larger_margin_leaves_less_at_the_kink(page):
    driver = page("kink", dark=True)
    save(driver, "kink-dark")
    assert f"With Δ = 2.0 \u03c3, {np.exp(-2):.3f} times" in text(driver, "mass")
    press(driver, "margin", Keys.HOME)
    assert "With Δ = 0.0 \u03c3, 1.000 times" in text(driver, "mass")
    press(driver, "margin", Keys.END)
    assert f"With Δ = 4.0 \u03c3, {np.exp(-8):.3f} times" in text(driver, "mass")


# All of them: in a frame, without scripts, on paper


@pytest.mark.parametrize("name", ["steps", "plane", "kink"])
def test_in_a_frame_it_fits_and_follows_the_theme_around(driver, shown, name, tmp_path):
    bundle = shown(name)
    around = "<!doctype html><body style='background: #111'>" + bundle["text/html"]
    # What the browser prefers does not count against what is around.
    open_html(driver, tmp_path, around)
    frame = driver.find_element("css selector", "iframe")
    wait_for(lambda: frame.size["height"] > 300, seconds=30, what="the frame has its height")
    assert not driver.find_element("css selector", "body > div > div").is_displayed()
    assert frame.get_attribute("title") == f"Figure 7. {name.title() if name == 'steps' else name}"
    inner = "const d = document.querySelector('iframe').contentDocument; "
    dark = inner + "return d.documentElement.classList.contains('dark')"
    fits = inner + "return [d.documentElement.scrollHeight, d.documentElement.scrollWidth]"
    assert driver.execute_script(dark)
    height, width = driver.execute_script(fits)
    assert height <= frame.size["height"] and width <= frame.size["width"]
    driver.execute_script("document.body.style.background = 'white'")
    wait_for(lambda: not driver.execute_script(dark), seconds=30, what="the page turns light")


@pytest.mark.parametrize("name", ["steps", "plane", "kink"])
def test_where_no_script_runs_the_picture_stands_there(driver, shown, name, tmp_path):
    bundle = shown(name)
    without = re.sub("<iframe.*?</iframe>", "", bundle["text/html"], flags=re.DOTALL)
    open_html(driver, tmp_path, without)
    picture = driver.find_element("css selector", "img")
    assert driver.execute_script("return arguments[0].naturalWidth", picture) > 700
    assert bundle["text/plain"].endswith(picture.get_attribute("alt")) and len(without) > 1000
    assert json.dumps(bundle["image/png"])[1:-1] in without


@pytest.mark.parametrize("name", STILLS)
def test_the_still_picture_is_what_the_page_prints(page, name):
    driver = page(name, media="print", title="", dark=True)
    SEEN.mkdir(parents=True, exist_ok=True)
    new = SEEN / f"{name}.png"
    new.write_bytes(screenshot(driver))
    pictures.Image.open(new).convert("RGB").quantize().save(new, optimize=True)
    stored = ROOT / "notebooks" / "figures" / f"{name}.png"
    both = (base64.b64encode(one.read_bytes()).decode() for one in (stored, new))
    problems, _ = compare_pictures(*both, FONTS)
    assert not problems, f"copy {new} to {stored.parent}, if it is right: {problems}"


# In a page, as `make run` and nbconvert make them


@pytest.mark.parametrize("maker", ["ours", "nbconvert"])
def test_in_a_page_the_slider_works_and_formulas_are_typeset(driver, shown, maker, tmp_path):
    output = nbformat.v4.new_output("display_data", shown("steps"))
    cells = [
        nbformat.v4.new_markdown_cell(r"A loss $L = \frac{1}{N} \sum_i L_i$."),
        nbformat.v4.new_code_cell("draw()", outputs=[output], execution_count=1),
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    made = to_html(notebook, "t") if maker == "ours" else nbconvert_page(notebook)
    open_html(driver, tmp_path, made, dark=True)
    if maker == "ours":
        fraction, letter = (
            driver.find_element("css selector", f"math {x}") for x in ("mfrac", "mi")
        )
        assert fraction.size["height"] > 1.4 * letter.size["height"]  # one above the other
    else:
        driver.get_log("browser")  # says that it did not reach MathJax
    save(driver, f"page-{maker}")
    driver.switch_to.frame(driver.find_element("css selector", "iframe"))
    press(driver, "at", Keys.HOME)
    assert text(driver, "reading") == "Iteration 0: data loss 9.00, penalty 7.50"
    # The page is light, whatever the browser prefers.
    assert not driver.execute_script("return document.documentElement.classList.contains('dark')")


def nbconvert_page(notebook):
    """As `jupyter nbconvert --to html` and JupyterLab's File > Save and Export make it."""
    return HTMLExporter().from_notebook_node(notebook)[0]


# In a notebook

CELLS = """\
import sys; sys.path.insert(0, {root!r})
import nbformat
import numpy as np
from cs231n import pictures
from tests.figure_data import NAMES, templates
rng = np.random.default_rng(1)
curves = {{"data loss": [9, 5, 4], "penalty": [7, 3, 1]}}
pictures.show_steps([0, 10, 100], [templates(rng) for _ in range(3)], curves, NAMES, "Steps")
pictures.show_page("plane", "Plane")
pictures.show_page("kink", "Kink")"""
FRAME = "return document.querySelectorAll('iframe[srcdoc]')[{}]{}"


def test_in_jupyter_they_are_shown_in_its_colours_and_work(tmp_path, monkeypatch):
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(CELLS.format(root=str(ROOT)))]
    )
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    for place in ("lab", "notebooks"):
        nbformat.write(notebook, tmp_path / f"{place}.ipynb")
    monkeypatch.setitem(SETTINGS, "apputils-extension/themes", {"theme": "JupyterLab Dark"})
    with jupyterlab(tmp_path, tmp_path) as (url, token), chromium(tmp_path / "chromium") as driver:
        show_in(driver, "lab", f"{url}lab/tree/lab.ipynb?token={token}")
        assert driver.get_log("browser") == []
        show_in(driver, "notebooks", f"{url}notebooks/notebooks.ipynb?token={token}")
        # Notebook reports an error of its own, with any notebook.


def show_in(driver, place, address):
    driver.get(address)
    wait_until_open(driver)
    driver.find_element("css selector", ".jp-CodeCell .cm-content").send_keys(
        Keys.SHIFT + Keys.ENTER
    )
    wait_for(lambda: count(driver) == 3, seconds=120, what="the figures are shown")
    for n, name in enumerate(["steps", "plane", "kink"]):
        root = FRAME.format(n, ".contentDocument.documentElement.")
        dark = driver.execute_script(root + "classList.contains('dark')")
        driver.execute_script(FRAME.format(n, ".scrollIntoView({block: 'center'})"))
        driver.save_screenshot(SEEN / f"{place}-{name}.png")
        assert dark
    driver.switch_to.frame(driver.find_element("css selector", "iframe[title=Steps]"))
    press(driver, "at", Keys.HOME)
    assert text(driver, "reading") == "Iteration 0: data loss 9.00, penalty 7.00"
    driver.switch_to.default_content()
    assert look(driver)["error"] == []


def count(driver):
    return look(driver)["figures"][0]
