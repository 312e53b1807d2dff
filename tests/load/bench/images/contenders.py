"""The contenders, each in its own process; sharp and thumbor are installed if they are missing."""

import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import psutil

HERE = Path(__file__).parent


class Contender(Protocol):
    """A program that renders both sizes of a picture."""

    def make(self, picture: Path, folder: Path) -> float:
        """Write high.webp and scaled.webp into ``folder``; returns the processor time it took, in seconds."""


class Worker:
    """A program that answers each line of input with its seconds."""

    def __init__(self, command: list[str], held: ExitStack) -> None:
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        held.callback(self._process.wait, 30)
        assert self._process.stdin is not None
        held.callback(self._process.stdin.close)

    def make(self, picture: Path, folder: Path) -> float:
        """Render one picture."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{picture} {folder}\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())


class Thumbor:
    """thumbor as a server, with a request for each size."""

    def __init__(self, program: Path, pictures: Path, held: ExitStack) -> None:
        port = _free_port()
        config = pictures / "thumbor.conf"
        config.write_text(
            "LOADER = 'thumbor.loaders.file_loader'\n"
            f"FILE_LOADER_ROOT_PATH = {str(pictures)!r}\n"
            "STORAGE = 'thumbor.storages.no_storage'\n"
            "MAX_PIXELS = 100000000\n"
        )
        command = [str(program), "--port", str(port), "--ip", "127.0.0.1", "--conf", str(config)]
        self._process = psutil.Popen(
            [*command, "--log-level", "error"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        held.callback(self._process.wait, 30)
        held.callback(self._process.terminate)
        self._address = f"http://127.0.0.1:{port}"
        self._await()

    def _await(self) -> None:
        for _ in range(200):
            try:
                with urllib.request.urlopen(f"{self._address}/healthcheck", timeout=5):
                    return
            except OSError:
                time.sleep(0.1)
        raise TimeoutError("thumbor does not answer")

    def make(self, picture: Path, folder: Path) -> float:
        """Request one picture in both sizes."""
        began = self._seconds()
        for side, name in ((2000, "high.webp"), (400, "scaled.webp")):
            filters = "filters:format(webp)"
            url = f"{self._address}/unsafe/fit-in/{side}x{side}/{filters}/{picture.name}"
            with urllib.request.urlopen(url, timeout=60) as answer:
                (folder / name).write_bytes(answer.read())
        return self._seconds() - began

    def _seconds(self) -> float:
        times = self._process.cpu_times()
        return float(times.user + times.system)


def contenders(cache: Path, pictures: Path, held: ExitStack) -> dict[str, Contender]:
    """Start all contenders; ``held`` stops them."""
    module = [sys.executable, "-m", "tests.load.bench.images.worker"]
    everybody: dict[str, Contender] = {
        name: Worker([*module, name], held) for name in ("bunko", "upload", "pillow", "pyvips")
    }
    everybody["sharp"] = Worker(["node", str(HERE / "sharp.mjs"), str(_sharp(cache))], held)
    everybody["thumbor"] = Thumbor(_thumbor(cache), pictures, held)
    return everybody


def _sharp(cache: Path) -> Path:
    folder = cache / "sharp"
    if not (folder / "node_modules" / "sharp").is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text('{"private": true}\n')
        print("Installing sharp ...", file=sys.stderr)
        subprocess.run(
            ["npm", "install", "--no-audit", "--no-fund", "--silent", "sharp"], cwd=folder, check=True
        )
    return folder


def _thumbor(cache: Path) -> Path:
    folder = cache / "thumbor"
    program = folder / "bin" / "thumbor"
    if not program.exists():
        print("Installing thumbor ...", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        subprocess.run([folder / "bin" / "pip", "install", "--quiet", "thumbor"], check=True)
    return program


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
