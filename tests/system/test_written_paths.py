"""A file node writes only to its storage, whatever names a client sends."""

import http.client
import json
import os
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psutil

from deploy.stack.stack import Stack
from shared.identity import tokens
from tests.load.faults.calls import needs_strace, recorded
from tests.support.catalogue import Catalogue
from tests.support.internal_client import InternalClient, Program
from tests.support.pictures import base64_of, noise, quarters
from tests.support.waiting import wait_until

NAMES = [
    "../front",
    "..%2ffront",
    "front.png",
    "front%00",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "/etc/passwd",
    "x" * 4000,
]
REFUSED = (400, 401, 404, 405, 414)
CALLS = "%file,?mkdir,?mkdirat"
_CALL = re.compile(r"^\d+ +(\w+)\((.*)")
_PLACE = re.compile(r'(?:(?:AT_FDCWD|\d+)<([^>]*)>, )?"((?:[^"\\]|\\.)*)"')
_READ = {
    "access",
    "faccessat",
    "faccessat2",
    "stat",
    "lstat",
    "newfstatat",
    "statx",
    "readlink",
    "readlinkat",
    "execve",
}
_READ |= {"getcwd", "statfs", "chdir", "getxattr", "lgetxattr"}


def written(record: Path) -> Iterator[tuple[str, Path]]:
    """Yield each call that changes a file system, with each of its paths."""
    for line in record.read_text(encoding="utf-8").splitlines():
        found = _CALL.match(line)
        if not found or found[1] in _READ:
            continue
        if found[1].startswith("open") and not re.search("O_WRONLY|O_RDWR|O_CREAT", found[2]):
            continue
        for folder, name in _PLACE.findall(found[2]):
            yield found[1], Path(os.path.normpath(Path(folder or "/", name)))


def ask(editor: InternalClient, method: str, path: str, **body: object) -> int:
    """Return the status of a request whose path is sent unchanged, with a token for its decoded path."""
    connection = http.client.HTTPConnection(urlsplit(editor.program.url).netloc, timeout=30)
    headers = {tokens.HEADER: editor.token(method, unquote(path)), "Content-Type": "application/json"}
    with closing(connection):
        connection.request(method, path, json.dumps(body) if body else None, headers)
        return connection.getresponse().status


@needs_strace
def test_a_node_writes_nowhere_but_to_its_storage(stack: Stack, catalogue: Catalogue, tmp_path: Path) -> None:
    volume = catalogue.volume(catalogue.group(catalogue.series()))
    picture, other = base64_of(quarters(60, 90)), base64_of(noise(60, 90))
    settings = stack.settings("file-1")
    program = Program("files", f"http://{settings['BIND']}", json.loads(settings["TOKEN_KEYS"]))
    editor = program.called_by("gateway", "edit-volumes add-media")
    master = psutil.Process(stack.pids["file-1"])
    everyone = [master.pid, *(child.pid for child in master.children(recursive=True))]
    record = tmp_path / "calls"
    with recorded(everyone, CALLS, record):
        for name in NAMES:
            for place in (f"{volume}/{name}", f"{name}/front"):
                path = f"/admin-volumes/update-image/{place}"
                assert ask(editor, "POST", path, image=picture) in REFUSED
                assert ask(editor, "GET", f"/volumes/cover/{place}/high") in REFUSED
            assert ask(editor, "GET", f"/files/{name}/high.webp") in REFUSED
            ask(editor, "POST", "/media/add", name=name, tags=[name], image=picture, key=name, type=name)
        path = f"/admin-volumes/update-image/{volume}/front"
        assert ask(editor, "POST", path, image=picture) == ask(editor, "POST", path, image=other) == 200
        crop = {"left": 0, "top": 0, "width": 9, "height": 9}
        assert ask(editor, "POST", f"/admin-volumes/recrop-image/{volume}/front", crop=crop) == 200
        wait_until(lambda: {"mkdir", "rename", "rmdir"} <= {call for call, _ in written(record)})
    storage = Path(urlsplit(settings["STORAGE_URL"]).path)
    elsewhere = {(call, str(path)) for call, path in written(record) if not path.is_relative_to(storage)}
    assert not elsewhere
