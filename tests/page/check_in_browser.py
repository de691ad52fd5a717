"""Pages in a real browser: no console errors, nothing wider than a phone, hostile names as texts, drawn in time.

Usage: check_in_browser.py BINARY PROJECT [PICTURES]
PICTURES is a folder that keeps the screenshots. 77: there is no browser here.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import torch
from PIL import Image

from browser import Browser, chromium

LAYERS = 200
HOSTILE = "</script><script>document.title='broken'</script><img src=x onerror=\"document.title='broken'\"><!--"
BLANK_CANVASES = """[...document.querySelectorAll("canvas")].filter((canvas) => {
  if (canvas.width === 0 || canvas.height === 0) return true;
  return canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.every((value) => value === 0);
}).length"""
DRAW_ALL = "(() => { const began = performance.now(); dispatchEvent(new Event('beforeprint')); return performance.now() - began; })()"


def actsparse(binary, *arguments):
    subprocess.run([binary, *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)


def check(holds, message):
    if not holds:
        sys.exit(f"FAILED: {message}")


# ---- pages ----


def make_digits(binary, project, folder):
    """Two runs with figures of their states, a search, and all side by side."""
    names = ("digits_cnn", "histogram", "search")
    for name in names:
        actsparse(binary, "search" if name == "search" else "run", "-q", "-c", project / "configs" / f"{name}.json",
                  "--output-dir", folder, "--set", f"output.html={name}.html", "--set", f"output.report={name}.report.json")
    reports = [folder / f"{name}.report.json" for name in names]
    actsparse(binary, "report", *reports, "--state", folder / "digits_cnn.state.pt", "-o", folder / "compared.html")
    return [folder / f"{name}.html" for name in (*names, "compared")]


def make_hostile(binary, folder):
    report = json.loads((folder / "digits_cnn.report.json").read_text())
    for layer in report["layers"]:
        layer["name"], layer["type"], layer["warnings"] = HOSTILE + layer["name"], HOSTILE, [HOSTILE]
    report["outputs"] = {HOSTILE: HOSTILE}
    (folder / "hostile.json").write_text(json.dumps(report))
    actsparse(binary, "report", folder / "hostile.json", "-o", folder / "hostile.html")
    return folder / "hostile.html"


def make_deep(binary, folder):
    """200 linear layers, with a histogram and a map of each."""
    torch.manual_seed(1)
    parts = [part for _ in range(LAYERS) for part in (torch.nn.Linear(64, 64), torch.nn.ReLU())]
    torch.jit.script(torch.nn.Sequential(*parts).eval()).save(str(folder / "deep.pt"))
    config = {
        "version": 1,
        "model": {"path": "deep.pt"},
        "data": {"inputs": [{"random": {"shape": [64, 64], "dtype": "float32", "seed": 1}}], "batch_size": 32},
        "defaults": {"aggregate_fn": {"name": "histogram", "except_dim": [1], "bins": 256}, "reduce_fn": "identity",
                     "mask_fn": "quantile", "sparse_config": {"q": 0.4}},
        "layers": [{"type": "Linear"}],
        "output": {"html": "deep.html"},
    }
    (folder / "deep.json").write_text(json.dumps(config))
    actsparse(binary, "run", "-q", folder / "deep.json", "-o", folder)
    return folder / "deep.html"


# ---- what is checked of them ----


def check_picture(picture, width):
    with Image.open(picture) as image:
        colours = image.convert("RGB").getcolors(1 << 24)
        pixels = image.size[0] * image.size[1]
    check(image.size[0] == width, f"{picture.name} is {image.size[0]} wide")
    check(len(colours) > 50 and max(colours)[0] < 0.98 * pixels, f"{picture.name} is nearly blank")


def check_at(browser, page, width, pictures):
    browser.open(page, width)
    drawn_in = float(browser.ask("document.documentElement.dataset.drawnInMs"))
    overflow = browser.ask("document.documentElement.scrollWidth - innerWidth")
    check(overflow <= 0, f"{page.name} at {width}: {overflow} pixels too wide")
    rest_in = browser.ask(DRAW_ALL)
    blank = browser.ask(BLANK_CANVASES)
    check(blank == 0, f"{page.name} at {width}: {blank} pictures are blank")
    picture = pictures / f"{page.stem}_{width}.png"
    browser.screenshot(picture, 6000)
    check_picture(picture, width)
    check(not browser.said, f"{page.name} at {width}: {browser.said}")
    return drawn_in, rest_in


def check_page(browser, page, pictures):
    for width in (400, 1280):
        drawn_in, rest_in = check_at(browser, page, width, pictures)
    count = browser.ask("document.querySelectorAll('canvas').length")
    print(f"ok: {page.name}: {page.stat().st_size / 1000:.0f} kB, {count} pictures, drawn in {drawn_in:.0f} ms, "
          f"all that paper shows in {rest_in:.0f} ms more")
    return drawn_in


def check_paper(browser, page, pictures):
    browser.open(page, 1280)
    paper = pictures / f"{page.stem}.pdf"
    browser.print(paper)
    check(paper.stat().st_size > 10000, f"{paper.name} is nearly blank")
    check(browser.ask(BLANK_CANVASES) == 0, "not all pictures are on paper")
    print("ok: paper shows all pictures")


def check_hostile(browser, page):
    browser.open(page, 1280)
    check(not browser.said, f"{page.name}: {browser.said}")
    check(browser.ask("document.images.length") == 0, "a name has become an image")
    check(browser.ask("document.title").startswith("run: "), "a name has run as a script")
    shown = browser.ask("document.querySelector('#layers tbody th').textContent")
    check(shown.startswith(HOSTILE), f"the name is shown as {shown}")
    # Were a name to become a script, the page's policy would stop it.
    browser.ask("document.body.append(Object.assign(document.createElement('script'), {text: 'document.title = 1'})), null")
    check(browser.ask("document.title").startswith("run: "), "a script that is not the page's own has run")
    print("ok: hostile names are texts")


def check_deep(browser, page, pictures):
    drawn_in = check_page(browser, page, pictures)
    check(page.stat().st_size < 1_000_000, f"{page.stat().st_size} bytes for {LAYERS} layers")
    # A second on an idle machine; this one may be busy.
    check(drawn_in < 5000, f"{drawn_in} ms to draw {LAYERS} layers")


def main(binary, project, pictures=None):
    if not chromium():
        print("no chromium here")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as temporary, Browser() as browser:
        folder = pathlib.Path(temporary)
        pictures = pathlib.Path(pictures) if pictures else folder
        for page in make_digits(binary, pathlib.Path(project), folder):
            check_page(browser, page, pictures)
        check_paper(browser, folder / "histogram.html", pictures)
        check_hostile(browser, make_hostile(binary, folder))
        check_deep(browser, make_deep(binary, folder), pictures)


if __name__ == "__main__":
    main(*sys.argv[1:])
