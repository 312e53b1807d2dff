"""Take the README's pictures of the demo and of ``/status`` in a real browser: ``make screenshot``.

Every cover comes from the picture endpoints of the running installation.
"""

import html
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import requests
from PIL import Image

from deploy.demo import running
from deploy.demo.gateway import Gateway, Refused
from deploy.demo.readers import CLIENT
from deploy.installation.configuration import ROOT
from deploy.user_error import UserError

PICTURE, STATUS = ROOT / "docs" / "demo.png", ROOT / "docs" / "status.png"
_FRONTS, _SETS = 21, 3
"""The number of series with a front cover, and of those with all three sides."""
_SIZE, _STATUS_SIZE = (1160, 940), (1000, 740)
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_OPTIONS = (
    "--headless",
    "--disable-gpu",
    "--hide-scrollbars",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--virtual-time-budget=10000",
)
_STYLE = (
    "body{margin:18px;background:#1d2026;color:#d8dbe2;font:13px sans-serif}"
    "img{height:205px;margin:0 8px 10px 0;border-radius:3px;vertical-align:top}"
    "code{color:#8fb7ff}p{margin:6px 0 10px}span{margin-right:14px;white-space:nowrap}span img{margin-right:2px}"
)


def main() -> None:
    """Write the pictures, or print one sentence and exit with status 1."""
    try:
        chosen = running.settings()
        gateway = running.administrator(chosen, running.note(chosen))
        with tempfile.TemporaryDirectory() as folder:
            page = Path(folder) / "page.html"
            page.write_text(_page(gateway), encoding="utf-8")
            take(page.as_uri(), PICTURE, _SIZE)
        take(gateway.address + "/status", STATUS, _STATUS_SIZE)
    except (UserError, Refused) as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    print(f"Wrote {PICTURE.relative_to(ROOT)} and {STATUS.relative_to(ROOT)}.")


def _page(gateway: Gateway) -> str:
    listed: dict[str, Any] = gateway.get("/admin-series", client=CLIENT, limit=_FRONTS)
    shown = [series for series in listed["series"] if series["volume"]]
    fronts = "".join(_image(gateway, series, "front") for series in shown)
    sets = "".join(
        "<span>" + "".join(_image(gateway, series, side) for side in ("spine", "front", "back")) + "</span>"
        for series in shown[:_SETS]
    )
    return (
        f"<!doctype html><meta charset=utf-8><style>{_STYLE}</style>"
        f"<p><code>GET /volumes/cover/:id/front</code></p>{fronts}"
        f"<p><code>GET /volumes/cover/:id/spine</code>, <code>front</code>, <code>back</code></p>{sets}"
    )


def _image(gateway: Gateway, series: dict[str, Any], side: str) -> str:
    address = f"{gateway.address}/volumes/cover/{series['volume']['id']}/{side}"
    answer = requests.head(address, timeout=10)
    if answer.status_code != 200:
        raise UserError(f"{address} answers {answer.status_code}", "run `make demo` first.")
    return f'<img src="{html.escape(address)}" alt="">'


def take(address: str, picture: Path, size: tuple[int, int]) -> None:
    """Write a picture of the page at ``address`` in a browser window of ``size`` pixels."""
    browser = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if browser is None:
        raise UserError("There is no browser for the picture", "install chromium.")
    with tempfile.TemporaryDirectory() as folder:
        sandbox = [] if os.geteuid() else ["--no-sandbox"]
        window = f"--window-size={size[0]},{size[1]}"
        command = [
            browser,
            *_OPTIONS,
            *sandbox,
            window,
            f"--user-data-dir={folder}",
            f"--screenshot={picture}",
        ]
        finished = subprocess.run([*command, address], capture_output=True, timeout=120, check=False)
    if finished.returncode:
        raise UserError(f"The browser {browser} could not take the picture.")
    # 256 colours are enough for flat covers, and a quarter of the bytes.
    Image.open(picture).quantize(256, dither=Image.Dither.FLOYDSTEINBERG).save(picture, optimize=True)


if __name__ == "__main__":
    main()
