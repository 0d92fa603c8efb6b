#!/usr/bin/env python3
"""Opens the report of a run in Chromium, uses it with mouse and keyboard, and looks at what it shows.

Without Chromium it says so in one line and passes. Usage: report_browser_test.py TRAIN INSPECT
"""
import fcntl
import json
import os
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import zlib

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SECONDS = 60  # for each answer of the browser
HOSTILE = "<img src=x onerror=hacked=1>"


class Browser:
    """Chromium without a window, over the pipe of its DevTools protocol."""

    def __init__(self, folder):
        def high(fd):  # above the two numbers that the browser expects
            moved = fcntl.fcntl(fd, fcntl.F_DUPFD, 10)
            os.close(fd)
            return moved
        to_read, self.to = map(high, os.pipe())
        self.back, back_write = map(high, os.pipe())
        # As root it needs --no-sandbox; the page is our own.
        self.process = subprocess.Popen(
            ["bash", "-c", f'exec "$0" "$@" 3<&{to_read} 4>&{back_write}', BROWSER, "--headless", "--no-sandbox",
             "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--hide-scrollbars", "--window-size=1280,900",
             f"--user-data-dir={folder}/profile", "--remote-debugging-pipe", "about:blank"],
            pass_fds=(to_read, back_write), env={**os.environ, "HOME": folder}, stderr=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL)
        os.close(to_read)
        os.close(back_write)
        self.buffer, self.count, self.session, self.events = b"", 0, None, []
        targets = self.call("Target.getTargets")["targetInfos"]
        page = next(t["targetId"] for t in targets if t["type"] == "page")
        self.session = self.call("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def receive(self):
        end = time.monotonic() + SECONDS
        while b"\0" not in self.buffer:
            if not select.select([self.back], [], [], max(0, end - time.monotonic()))[0]:
                raise TimeoutError("the browser does not answer")
            piece = os.read(self.back, 1 << 20)
            if not piece:
                raise EOFError("the browser has ended")
            self.buffer += piece
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **params):
        self.count += 1
        message = {"id": self.count, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.receive()
            if answer.get("id") == self.count:
                assert "error" not in answer, (method, answer)
                return answer["result"]
            self.events.append(answer)

    def open(self, path):
        self.events = []
        self.call("Page.navigate", url="file://" + path)
        while not any(e.get("method") == "Page.loadEventFired" for e in self.events):
            self.events.append(self.receive())

    def ask(self, expression):
        """The value of an expression, or of what it promises."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, (expression, answer["exceptionDetails"])
        return answer["result"].get("value")

    def key(self, name):
        code = {"ArrowLeft": 37, "ArrowRight": 39, "Home": 36, "End": 35}[name]
        for kind in ("rawKeyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=name, code=name, windowsVirtualKeyCode=code)

    def mouse(self, kind, x, y):
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left" if kind != "mouseMoved" else "none",
                  clickCount=1)

    def complaints(self):
        """Errors of the script and of the console, and what was asked of the network."""
        found = []
        for event in self.events:
            method, params = event.get("method"), event.get("params", {})
            if method == "Runtime.exceptionThrown":
                found.append(params["exceptionDetails"])
            elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
                found.append(params["args"])
            elif method == "Log.entryAdded":
                found.append(params["entry"])
            elif method == "Network.requestWillBeSent":
                url = params["request"]["url"]
                if not url.startswith(("data:image/", "file://")):
                    found.append(url)
        return found

    def close(self):
        self.process.kill()
        self.process.wait()


def write_png(path, color, side=8):
    row = b"\0" + bytes(color) * side
    pixels = b"".join(row for _ in range(side))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    with open(path, "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)) +
                chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b""))


def call(tool, *arguments):
    subprocess.run([tool, *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def train(tool, folder):
    """A run of five snapshots, from images one of which has a hostile name."""
    os.mkdir(f"{folder}/images")
    for i in range(6):
        write_png(f"{folder}/images/{HOSTILE if i == 3 else i}.png", (40 * i, 200 - 30 * i, 90))
    call(tool, f"--data={folder}/images", f"--outdir={folder}/runs", "--res=8", "--batch=4", "--kimg=0.2",
         "--tick=0.04", "--snap=1", "--aug=ada", "--lr=0.01", "--metrics=kid_efflite0", "--metric-images=16")
    [run] = os.listdir(f"{folder}/runs")
    return f"{folder}/runs/{run}"


PIXELS = """(async () => {
  const image = document.getElementById("sheet");
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = image.naturalWidth;
  canvas.height = image.naturalHeight;
  canvas.getContext("2d").drawImage(image, 0, 0);
  return canvas.width + "x" + canvas.height + " " + canvas.toDataURL();
})()"""
SHOWN = 'document.getElementById("snapshot_text").textContent'
LEGENDS = '[...document.querySelectorAll(".plot .legend")].map((l) => l.textContent).join("|")'
CONTRAST = """(() => {
  const light = (color) => {
    const [r, g, b] = color.match(/[\\d.]+/g).map(Number).map((v) => v / 255)
      .map((v) => (v <= 0.04045 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4)));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (e) => {
    for (; e; e = e.parentElement) {
      const color = getComputedStyle(e).backgroundColor;
      if (color !== "rgba(0, 0, 0, 0)") return color;
    }
    return "rgb(255, 255, 255)";
  };
  const texts = "h1, p, .tile b, .tile span, figcaption, th, td, .state, .legend, button, footer";
  const ratios = [...document.querySelectorAll(texts)]
    .filter((e) => e.textContent && e.getClientRects().length).map((e) => {
      const a = light(getComputedStyle(e).color), b = light(behind(e));
      return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    });
  return [ratios.length, Math.min(...ratios)];
})()"""


def check_a_run(browser, page):
    browser.open(page)
    assert browser.complaints() == [], browser.complaints()
    assert browser.ask("document.title").startswith("00000-quick-images"), browser.ask("document.title")
    assert browser.ask('document.getElementById("state").textContent') == "finished"
    titles = browser.ask('[...document.querySelectorAll(".plot h3")].map((h) => h.textContent)')
    for title in ("kid_efflite0", "Losses", "Scores", "Overfitting (r_t)", "Augmentation (p)", "Speed", "Memory",
                  "Distance to training images"):
        assert title in titles, (title, titles)
    assert browser.ask('document.querySelectorAll(".plot polyline").length') >= len(titles)
    assert browser.ask('document.querySelectorAll(".plot .whisker").length') == 5, "an interval at each snapshot"

    # The slider, by keys: another picture, and its number.
    last = browser.ask(PIXELS)
    assert browser.ask(SHOWN) == "kimg 0.2 (6 of 6)", browser.ask(SHOWN)
    browser.ask('document.getElementById("snapshot").focus()')
    browser.key("ArrowLeft")
    assert browser.ask(SHOWN) == "kimg 0.16 (5 of 6)", browser.ask(SHOWN)
    assert browser.ask('document.getElementById("sheet_caption").textContent').startswith("fakes000000_160.png")
    assert browser.ask(PIXELS) != last, "the picture does not change"
    browser.key("End")
    assert browser.ask(PIXELS) == last
    browser.key("Home")
    assert browser.ask(SHOWN) == "kimg 0 (1 of 6)", browser.ask(SHOWN)

    # The values under the mouse, in all plots, and a click that goes to that time.
    box = browser.ask('(() => { const b = document.querySelector(".plot svg"); b.scrollIntoView({ block: "center" }); '
                      "const r = b.getBoundingClientRect(); return [r.left, r.top, r.width, r.height]; })()")
    before = browser.ask(LEGENDS)
    browser.mouse("mouseMoved", box[0] + box[2] * 0.99, box[1] + box[3] / 2)
    assert browser.ask(LEGENDS).count("at kimg 0.2") == len(titles), browser.ask(LEGENDS)
    browser.mouse("mousePressed", box[0] + box[2] * 0.99, box[1] + box[3] / 2)
    browser.mouse("mouseReleased", box[0] + box[2] * 0.99, box[1] + box[3] / 2)
    assert browser.ask(SHOWN) == "kimg 0.2 (6 of 6)", browser.ask(SHOWN)
    browser.mouse("mouseMoved", 1, 1)
    assert browser.ask(LEGENDS) == before, browser.ask(LEGENDS)
    browser.ask('document.querySelectorAll(".plot svg")[1].focus()')
    browser.key("ArrowLeft")
    assert "at kimg 0.16" in browser.ask(LEGENDS), browser.ask(LEGENDS)

    # A logarithmic scale draws other lines.
    line = 'document.querySelector(".plot button").closest(".plot").querySelector("polyline").getAttribute("points")'
    linear = browser.ask(line)
    browser.ask('document.querySelector(".plot button").click()')
    assert browser.ask(line) != linear
    assert "NaN" not in browser.ask("document.body.outerHTML.replace(/<script.*?<\\/script>/gs, '')")

    # The nearest images, and a name that is shown as it is.
    assert browser.ask('document.querySelectorAll("#pairs canvas").length') == 24
    browser.ask('new Promise((done) => setTimeout(done, 100))')
    names = browser.ask('[...document.querySelectorAll("#pairs .name")].map((n) => n.textContent)')
    assert all(name.endswith(".png") for name in names), names

    # The configuration, found by its name.
    rows = '[...document.querySelectorAll("#options tr")].filter((r) => !r.hidden).map((r) => r.cells[0].textContent)'
    assert len(browser.ask(rows)) > 50
    browser.ask('document.getElementById("filter").focus()')
    browser.call("Input.insertText", text="mapping_lr")
    assert browser.ask(rows) == ["model.mapping_lr_mul", "optimizer.mapping_lr"], browser.ask(rows)
    browser.ask('document.getElementById("differing").click()')
    assert browser.ask(rows) == [], browser.ask(rows)
    assert not browser.ask('document.getElementById("no_options").hidden')

    # Readable in both color schemes and on a telephone.
    shades = set()
    for scheme in ("light", "dark"):
        browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        shades.add(browser.ask("getComputedStyle(document.body).backgroundColor"))
        texts, contrast = browser.ask(CONTRAST)
        assert texts > 30 and contrast >= 4.5, (scheme, texts, contrast)
    assert len(shades) == 2
    browser.call("Emulation.setDeviceMetricsOverride", width=360, height=740, deviceScaleFactor=1, mobile=False)
    browser.ask("new Promise((done) => setTimeout(done, 200))")
    assert browser.ask("document.documentElement.scrollWidth") <= 360
    browser.call("Emulation.clearDeviceMetricsOverride")
    assert browser.complaints() == [], browser.complaints()

    # What the page forbids: scripts and addresses that are not its own.
    assert browser.ask('fetch("data:,x").then(() => "allowed", () => "forbidden")') == "forbidden"
    assert browser.ask('(() => { const s = document.createElement("script"); s.textContent = "hacked = 1"; '
                       "document.body.append(s); return typeof hacked; })()") == "undefined"


def check_a_hostile_run(browser, inspect, run, folder):
    script = "</script><script>hacked=1</script>"
    with open(f"{run}/stats.jsonl", "a", encoding="utf-8") as f:
        for tick in range(6, 9):
            row = {script: tick, HOSTILE: {"num": 0, "mean": 0}, "__proto__": 1, "constructor": 2,
                   "Loss/D/loss": {"num": tick % 2, "mean": -1e300 * tick}, "Loss/G/loss": None,
                   "big": 1.7e308 * (-1) ** tick, "step": tick * 10, "Progress/tick": tick,
                   "Progress/kimg": tick / 25, "timestamp": 1e300}
            f.write(json.dumps(row) + "\n")
        f.write("torn\n")
    with open(f"{run}/metric-x.jsonl", "w", encoding="utf-8") as f:
        f.write(json.dumps({"results": {script: 1e-300}, "step": 80, "protocol": HOSTILE}) + "\n")
    with open(f"{run}/log.txt", "a", encoding="utf-8") as f:
        f.write(f"warning: {HOSTILE} {script}\n")
    hostile = f"{folder}/{HOSTILE}"
    os.rename(run, hostile)
    call(inspect, f"--network={hostile}", f"--report={folder}/hostile.html")
    browser.open(f"{folder}/hostile.html")
    browser.ask('new Promise((done) => setTimeout(done, 200))')
    assert browser.complaints() == [], browser.complaints()
    assert browser.ask("typeof hacked") == "undefined"
    text = browser.ask("document.body.textContent")
    for shown in (HOSTILE, script, "1 lines of the statistics cannot be read"):
        assert shown in text, shown
    assert browser.ask("document.title") == HOSTILE
    assert browser.ask('document.querySelectorAll(".plot .gap").length') >= 4
    assert browser.ask('document.querySelectorAll("main script, main img[src=x]").length') == 0


def check_a_run_without_statistics(browser, inspect, run, folder):
    for name in os.listdir(run):
        if name != "training_options.json" and not name.startswith("network-snapshot"):
            os.remove(f"{run}/{name}")
    call(inspect, f"--network={run}", f"--report={folder}/empty.html")
    browser.open(f"{folder}/empty.html")
    assert browser.complaints() == [], browser.complaints()
    assert "There are no statistics yet" in browser.ask('document.getElementById("summary").textContent')
    assert browser.ask('document.getElementById("pictures").hidden && document.getElementById("curves").hidden')


def main():
    if BROWSER is None:
        print("skipped: there is no chromium")
        return
    tools = [os.path.abspath(tool) for tool in sys.argv[1:3]]
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = f"{folder}/cache"
        run = train(tools[0], folder)
        browser = Browser(folder)
        try:
            check_a_run(browser, f"{run}/report.html")
            check_a_hostile_run(browser, tools[1], run, folder)
            check_a_run_without_statistics(browser, tools[1], f"{folder}/{HOSTILE}", folder)
        finally:
            browser.close()
    print("the report works in", BROWSER)


if __name__ == "__main__":
    main()
