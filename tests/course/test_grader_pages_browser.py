"""Can anything in a submission run in the pages, call home from them, or make them unreadable?

Chromium opens the pages that hostile submissions lead to. A server on this machine stands for the
rest of the world, and must hear nothing. The same texts in a page without the walls show that the
test would see what happens.
"""

import base64
import html
import http.server
import threading
import time

import pytest
from cells import code, displayed, markdown, notebook, printed, raised

from course.export import feedback, overview
from course.export.markup import POLICY
from course.export.notebook_page import notebook_page
from tests.lab_in_browser import chromium
from tests.sample_results import cell, executed, graded, result, with_exercises

pytestmark = pytest.mark.slow  # each starts a browser

SVG = "<svg xmlns='http://www.w3.org/2000/svg' onload='window.ran=1'><script>ran=1</script></svg>"
# WORLD stands for the server's address. Each sets window.ran, leaves the page, or asks the server.
ATTACKS = [
    "<script>window.ran = 1</script>",
    "<script src=WORLD/script></script>",
    "<img src=x onerror='window.ran = 1'>",
    "<img src=WORLD/img><img srcset='WORLD/srcset 1x'>",
    "<svg onload='window.ran = 1'><image href='WORLD/svg'/><use href='WORLD/use#a'/></svg>",
    "<iframe src='javascript:parent.ran = 1'></iframe>",
    "<iframe srcdoc='<script>parent.ran = 1</script>'></iframe>",
    "<object data=WORLD/object></object><embed src=WORLD/embed>",
    "<link rel=stylesheet href=WORLD/css><link rel=prefetch href=WORLD/prefetch>",
    "<style>@import 'WORLD/import'; body { background: url(WORLD/url); display: none }</style>",
    "<meta http-equiv=refresh content='0;url=WORLD/refresh'>",
    "<base href=WORLD/base/>",
    "<body background=WORLD/body onload='window.ran = 1'>",
    "<video src=WORLD/video autoplay></video><audio src=WORLD/audio autoplay></audio>",
    "<input autofocus onfocus='window.ran = 1'><details open ontoggle='window.ran = 1'>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img onerror=a&gt;'>",
    "<noscript><p title='</noscript><img src=x onerror=ran=1>'></noscript>",
    "</style></title></pre></code></textarea></script><script>window.ran = 1</script>",
    "\"><script>window.ran = 1</script><a title='",
    "' onmouseover='window.ran = 1' autofocus onfocus='window.ran = 1' x='",
    "--><script>window.ran = 1</script><!--",
    "]]><script>window.ran = 1</script>",
    "{{ ''.__class__.__mro__ }}{% include '/etc/passwd' %}",
    "<div style='position:fixed;inset:0;background:url(WORLD/style)'>100 of 100</div>",
    "<form action=WORLD/form><button autofocus formaction=WORLD/button>Show</button></form>",
    "[click](javascript:window.ran=1) ![x](WORLD/markdown) ![y](javascript:ran=1)",
    "<javascript:window.ran=1> <a href='jav&#x09;ascript:window.ran=1' ping=WORLD/ping>click</a>",
    "<a href='data:text/html,<script>1</script>'>click</a><a href='vbscript:x'>click</a>",
    f"![s](data:image/svg+xml;base64,{base64.b64encode(SVG.encode()).decode()})",
    "$$ \\href{javascript:window.ran=1}{x} <script>window.ran=1</script> $$",
    "```html\n<script>window.ran = 1</script>\n```\n`<script>window.ran = 1</script>`",
    "\ud800<scr\x00ipt>window.ran = 1</scr\x00ipt>\u202e",
]
FORBIDDEN = (
    "script, iframe, object, embed, svg, math, link, base, form, input, button, video, audio"
)
ATTRIBUTES = """
const bad = [];
for (const element of document.querySelectorAll("*"))
    for (const {name, value} of element.attributes)
        if (name.startsWith("on") || name == "srcset" || name == "ping" ||
            /^\\s*(javascript|vbscript|data:text)/i.test(value) ||
            (name == "src" && !value.startsWith("data:image/")))
            bad.push(`${element.tagName} ${name}=${value}`);
return bad;
"""


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    with chromium(tmp_path_factory.mktemp("chromium")) as driver:
        yield driver


@pytest.fixture
def world():
    """A server: (its address, the list of paths that it was asked for)."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

        do_POST = do_HEAD = do_OPTIONS = do_GET

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


def visit(driver, tmp_path, text, name="feedback.html"):
    """Open a page from a file, unfold all of it, and give it time; return its address."""
    path = tmp_path / name
    path.write_bytes(text.encode("utf-8", "replace"))
    driver.get(path.as_uri())
    driver.execute_script(
        "document.querySelectorAll('details').forEach((one) => { one.open = true; })"
    )
    time.sleep(0.2)  # a refresh after 0 seconds, an event, a request that waits
    return path.as_uri()


def hostile(world):
    return [attack.replace("WORLD", world) for attack in ATTACKS]


def hostile_results(attacks):
    """A result in which every text that a submission can reach is hostile, for each attack."""
    for number, text in enumerate(attacks):
        words = {"public": text, "status": "failed", "notes": [text], "message": text}
        words |= {"misconceptions": {"sign": text}}
        lines = [{"title": text, "ok": False, "detail": text, "public": text}]
        made = with_exercises(result(), train=words | {"lines": lines})
        cells = [cell(text, "differs", 3, text, text, text, text)]
        made["notebooks"] = [executed("one", cells, "dead", text), executed("two")]
        made["remarks"] = [text]
        made["name"] = f"{number} {text}"
        made["slug"] = f"s{number}"
        for one in made["answers"]:
            one["source"] = text
        yield made, graded(made, comment=text)


def test_the_test_sees_what_hostile_texts_do_without_the_walls(driver, tmp_path, world):
    address, asked = world
    attacks = hostile(address)
    found = driver.execute_script  # a shorter name
    visit(driver, tmp_path, f"<!DOCTYPE html>{attacks[0]}")
    assert found("return window.ran") == 1
    visit(driver, tmp_path, f"<!DOCTYPE html>{attacks[2]}")
    assert found("return window.ran") == 1
    visit(driver, tmp_path, "<!DOCTYPE html>" + attacks[3] + attacks[7] + attacks[8])
    assert {"/img", "/object", "/css"} <= set(asked)
    assert visit(driver, tmp_path, f"<!DOCTYPE html>{attacks[10]}") != driver.current_url
    assert "/refresh" in asked
    driver.get_log("browser")


def test_the_policy_alone_lets_nothing_run_and_nothing_out(driver, tmp_path, world):
    address, asked = world
    attacks = [one for one in hostile(address) if "refresh" not in one]  # no policy is for that
    policy = f'<meta http-equiv="Content-Security-Policy" content="{html.escape(POLICY)}">'
    for attack in attacks:
        visit(driver, tmp_path, f"<!DOCTYPE html><head>{policy}</head><body>{attack}")
        assert driver.execute_script("return window.ran ?? null") is None, attack
    assert asked == []
    driver.get_log("browser")


def check(driver, uri, asked, forbidden=FORBIDDEN):
    assert driver.current_url == uri
    assert driver.execute_script("return window.ran ?? null") is None
    assert asked == []
    assert driver.execute_script(f"return document.querySelectorAll('{forbidden}').length") == 0
    assert driver.execute_script("return document.querySelectorAll('style').length") == 1
    assert driver.execute_script("return document.querySelectorAll('meta').length") == 6
    assert driver.execute_script(ATTRIBUTES) == []
    assert driver.get_log("browser") == []  # the policy had nothing to refuse


def test_nothing_hostile_runs_in_feedback_or_calls_home(sample, driver, tmp_path, world):
    address, asked = world
    for made, manual in hostile_results(hostile(address)):
        uri = visit(driver, tmp_path, feedback.page(sample, made, manual))
        check(driver, uri, asked)
        sections = driver.execute_script("return document.querySelectorAll('h2').length")
        assert sections == 4, made["name"]  # no text has opened or closed one
        fixed = driver.execute_script(
            "return [...document.querySelectorAll('*')].filter("
            "(one) => getComputedStyle(one).position == 'fixed').length"
        )
        assert fixed == 0


def test_nothing_hostile_runs_in_the_course_page(sample, driver, tmp_path, world):
    address, asked = world
    rows = [overview.row(sample, *one) for one in hostile_results(hostile(address))]
    uri = visit(driver, tmp_path, overview.index(sample, rows), "index.html")
    # Its own script sorts and filters one table; the policy names its checksum.
    ours = "th > button, input[type=search], main > script:last-child"
    check(driver, uri, asked, f":is({FORBIDDEN}):not({ours})")
    names = driver.execute_script(
        "return [...document.querySelectorAll('td.name a')].map((one) => one.innerText)"
    )
    assert len(names) == len(ATTACKS)
    assert any("<script>window.ran = 1</script>" in name for name in names)  # as text


def test_nothing_hostile_runs_in_the_page_of_a_notebook(driver, tmp_path, world):
    address, asked = world
    cells = []
    for text in hostile(address):
        data = dict.fromkeys(("text/html", "text/markdown"), text)
        kinds = [{"text/html": text}, {"text/markdown": text}, {"image/svg+xml": text}]
        kinds += [{"image/png": text}, {"text/plain": text}, {"text/latex": text}, data]
        kinds += [{"application/javascript": text}, {"text/html": [text, SVG]}]
        kinds += [{"image/png": f"AAAA' onerror='{text}"}, {"image/svg+xml": SVG}]
        outputs = [displayed(one) | {"metadata": data} for one in kinds]
        outputs += [printed(text) | {"name": text}, raised(text, text, text)]
        typed = markdown(text, text) | {"metadata": {"id": text}}
        cells += [typed, typed | {"cell_type": "raw"}, code(text, text, text, *outputs)]
    page = notebook_page(notebook(*cells, title=ATTACKS[0]))
    check(driver, visit(driver, tmp_path, page, "one.html"), asked)
    shown = driver.execute_script("return document.querySelectorAll('.cell').length")
    assert shown == len(cells)


# To be read


def full_pages(sample):
    hint = {"misconceptions": {"no-update": "The weights do not move."}, "status": "failed"}
    made = with_exercises(result(name="A" * 200, remarks=["x" * 300]), train=hint)
    cells = [cell("train-cell", "differs", 3, "x" * 80, "", "y" * 300, "z" * 300)]
    made["notebooks"] = [executed("one", cells)]
    made["answers"][0]["source"] = (
        "a " * 99 + "\n\n| a | b |\n|-|-|\n| c | d |\n\n$" + "x" * 200 + "$"
    )
    content = notebook(code("x = 1  # " + "y" * 200, 1, "a", printed("x" * 500)))
    return {
        "feedback.html": feedback.page(sample, made),
        "index.html": overview.index(
            sample, [overview.row(sample, made), overview.row(sample, result(slug="b"))]
        ),
        "one.html": notebook_page(content),
    }


def emulate(driver, *, media="", scheme="light", pixels=1000):
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    media = {"media": media, "features": features}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    size = {"width": pixels, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


@pytest.mark.parametrize("name", ["feedback.html", "index.html", "one.html"])
def test_a_telephone_shows_the_whole_width(sample, driver, tmp_path, name):
    emulate(driver, pixels=360)
    visit(driver, tmp_path, full_pages(sample)[name], name)
    assert driver.execute_script("return document.documentElement.scrollWidth") <= 360


def test_the_table_of_submissions_is_sorted_by_clicks_and_filtered_by_words(
    sample, driver, tmp_path
):
    made = [
        with_exercises(result(name="Zoë", slug="z", student={"time": "2026-10-02", "late": True})),
        with_exercises(result(name="ann", slug="a"), train={"status": "failed"}),
        with_exercises(result(name="Ben", slug="b"), sum_naive={"status": "failed"}),
    ]
    made[2]["notebooks"] = [executed("one", [cell("train-cell", "fails")])]
    page = tmp_path / "index.html"
    page.write_text(overview.index(sample, [overview.row(sample, one) for one in made]), "utf-8")
    emulate(driver, pixels=420)
    driver.get(page.as_uri())
    assert driver.execute_script("return document.documentElement.scrollWidth") <= 420
    hint = "return getComputedStyle(document.querySelector('.wide'), '::before')"
    assert "scrolls" in driver.execute_script(f"{hint}.content")
    emulate(driver, pixels=2000)
    driver.get(page.as_uri())
    assert driver.execute_script(f"{hint}.content") == "none"

    def shown():
        rows = driver.find_elements("css selector", "table.sortable tbody tr")
        return [row.find_element("css selector", "a").text for row in rows if row.is_displayed()]

    def click(heading):
        [button] = [
            one
            for one in driver.find_elements("css selector", "table.sortable th button")
            if one.text.startswith(heading)
        ]
        driver.execute_script("arguments[0].click()", button)
        return shown()

    assert shown() == ["Zoë", "ann", "Ben"]  # as they were handed over
    assert [click("name"), click("name")] == [["ann", "Ben", "Zoë"], ["Zoë", "Ben", "ann"]]
    assert click("automatic") == ["Ben", "ann", "Zoë"]  # 55, 60, 70: as numbers
    box = driver.find_element("css selector", "input[type=search]")
    for word, names in (("late", ["Zoë"]), ("fail", ["Ben"]), ("TRAIN", ["ann"]), ("x", [])):
        box.clear()
        box.send_keys(word)
        assert shown() == names


CONTRAST = """
// WCAG's ratio of each text's colour to the background behind it; returns those below 4.5.
const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
const light = (c) => { c /= 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
const luminance = ([r, g, b]) => 0.2126 * light(r) + 0.7152 * light(g) + 0.0722 * light(b);
const behind = (one) => {
    for (; one; one = one.parentElement) {
        const colour = rgb(getComputedStyle(one).backgroundColor);
        if (colour.length == 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
};
const low = [];
for (const one of document.querySelectorAll("main *")) {
    if (![...one.childNodes].some((node) => node.nodeType == 3 && node.data.trim())) continue;
    const [a, b] = [luminance(rgb(getComputedStyle(one).color)), luminance(behind(one))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) low.push(`${one.outerHTML.slice(0, 80)} ${ratio}`);
}
return low;
"""


@pytest.mark.parametrize("name", ["feedback.html", "index.html", "one.html"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_in_light_and_in_dark(sample, driver, tmp_path, name, scheme):
    emulate(driver, scheme=scheme)
    visit(driver, tmp_path, full_pages(sample)[name], name)
    body = "return getComputedStyle(document.body).backgroundColor"
    background = int(driver.execute_script(body).split("(")[1].split(",")[0])
    assert (background < 64) == (scheme == "dark")
    assert driver.execute_script(CONTRAST) == []


def test_the_keyboard_reaches_links_and_what_unfolds(sample, driver, tmp_path):
    emulate(driver)
    visit(driver, tmp_path, full_pages(sample)["feedback.html"])
    reached = set()
    for _ in range(25):
        driver.switch_to.active_element.send_keys("\ue004")  # Tab
        reached.add(driver.execute_script("return document.activeElement.tagName"))
    assert {"A", "SUMMARY"} <= reached


def test_paper_gets_what_is_folded_away(sample, driver, tmp_path):
    path = tmp_path / "feedback.html"
    path.write_text(full_pages(sample)["feedback.html"])
    emulate(driver, media="print", scheme="dark")
    driver.get(path.as_uri())
    seen = "return document.querySelector('details:not([open]) .lines').checkVisibility()"
    assert driver.execute_script(seen)
    body = driver.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert body == "rgb(255, 255, 255)"
    emulate(driver)
    assert not driver.execute_script(seen)
