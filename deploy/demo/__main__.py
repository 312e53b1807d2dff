"""Fills a running Bunko with a believable catalogue, through its public API: ``make demo``.

Idempotent: existing entries are read from the API, and only missing ones are added.
"""

import sys
import time

from deploy.demo import books, facts, running
from deploy.demo.filling import accounts, covers, media
from deploy.demo.filling.accounts import Shop
from deploy.demo.filling.catalogue import Catalogue
from deploy.demo.gateway import NO_FILES, Gateway, Refused
from deploy.demo.progress import Progress
from deploy.demo.readers import READERS, Reader
from deploy.demo.selection import Picture, faces, library
from deploy.demo.summary import Account, summary
from deploy.user_error import UserError


def main() -> None:
    """Fill the installation, show progress and print a summary."""
    try:
        chosen = running.settings()
        gateway = running.administrator(chosen, running.note(chosen))
        passwords = running.passwords(chosen.state, [reader.username for reader in READERS])
        print(_fill(gateway, passwords))
        print(f"The passwords are kept in {running.passwords_path(chosen.state)}.")
    except (UserError, Refused) as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("Stopped; the next `make demo` goes on from here.", file=sys.stderr)
        sys.exit(130)


def _fill(gateway: Gateway, passwords: dict[str, str]) -> str:
    began = time.monotonic()
    volumes, pictures = books.volumes(), list(library(books.volumes()))
    planned_covers = sum(len(faces(volume)) for volume in volumes)
    total = len(facts.series()) + len(volumes) + planned_covers + len(pictures)
    progress = Progress(total + sum(accounts.steps(reader, volumes) for reader in READERS))
    try:
        progress.stage("Catalogue")
        catalogue = Catalogue(gateway, progress)
        catalogue.fill(volumes)
        with_files = _pictures(gateway, catalogue, pictures, planned_covers, progress)
        progress.stage("Readers")
        shop = Shop(catalogue.series, catalogue.volumes, volumes)
        made = [
            _account(gateway, reader, passwords, shop, progress, pictures=with_files) for reader in READERS
        ]
    finally:
        progress.close()
    return summary(gateway, progress.added, made, seconds=time.monotonic() - began, pictures=with_files)


def _pictures(
    gateway: Gateway, catalogue: Catalogue, pictures: list[Picture], planned: int, progress: Progress
) -> bool:
    """Add covers and media; returns False if no file node runs, so that no picture can be uploaded."""
    present = sum(len(faces(volume)) for volume in catalogue.volumes)
    progress.skip(planned - present)
    try:
        progress.stage("Covers")
        covers.fill(gateway, catalogue.volumes, progress)
        progress.stage("Media")
        media.fill(gateway, pictures, catalogue.volumes, progress)
    except Refused as refused:
        if refused.text != NO_FILES:
            raise
        return False
    return True


def _account(
    gateway: Gateway,
    reader: Reader,
    passwords: dict[str, str],
    shop: Shop,
    progress: Progress,
    *,
    pictures: bool,
) -> Account:
    password = passwords[reader.username]
    signed_in = accounts.sign_up(gateway, reader, password)
    if signed_in is None:
        progress.skip(accounts.steps(reader, shop.books))
        return Account(reader.username, None)
    own, user = signed_in
    accounts.fill(own, user, reader, shop, progress, pictures=pictures)
    return Account(reader.username, password)


if __name__ == "__main__":
    main()
