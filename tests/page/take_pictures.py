"""The pictures of docs/report.md.

Usage: take_pictures.py BINARY PROJECT FOLDER
"""
import pathlib
import subprocess
import sys
import tempfile

from PIL import Image

from browser import Browser

WIDTH = 900
COLOURS = 64  # a page has few: a palette takes a quarter of the bytes


def run(binary, project, folder, name, *more):
    subprocess.run([binary, "run", "-q", "-c", project / "configs" / f"{name}.json", "--output-dir", folder, "--set",
                    f"output.html={name}.html", *more], check=True, stdout=subprocess.DEVNULL)
    return folder / f"{name}.html"


def compare(binary, folder, names):
    page = folder / "compared.html"
    subprocess.run([binary, "report", *(folder / f"{name}.report.json" for name in names), "-o", page], check=True,
                   stdout=subprocess.DEVNULL)
    return page


def take(browser, page, picture, sections):
    """From the top of the first section to the end of the last; without names the top of the page."""
    browser.open(page, WIDTH)
    browser.ask("dispatchEvent(new Event('beforeprint'))")
    first, last = sections
    edge = "document.querySelector({!r}).getBoundingClientRect().{}"
    top, bottom = browser.ask(edge.format(first, "top")), browser.ask(edge.format(last, "bottom"))
    browser.screenshot(picture, bottom + 10)
    with Image.open(picture) as image:
        image.crop((0, max(0, int(top)), WIDTH, image.size[1])).quantize(COLOURS).save(picture, optimize=True)


def main(binary, project, target):
    project, target = pathlib.Path(project), pathlib.Path(target)
    with tempfile.TemporaryDirectory() as temporary, Browser() as browser:
        folder = pathlib.Path(temporary)
        names = ("digits_cnn", "repaired", "aligned")
        pages = {name: run(binary, project, folder, name) for name in names}
        take(browser, pages["digits_cnn"], target / "report.png", ("body", "#layers"))
        figures = run(binary, project, folder, "histogram", "--set", "defaults.mask_fn=magnitude", "--set",
                      'defaults.sparse_config={"sparsity_level": 0.4, "threshold": null}')
        take(browser, figures, target / "report_figures.png", ("#channels", "#histograms"))
        take(browser, compare(binary, folder, names), target / "report_compared.png", ("body", "#comparison"))


if __name__ == "__main__":
    main(*sys.argv[1:])
