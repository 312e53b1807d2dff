"""Volumes with covers in an installation that a test starts, and commands run beside it."""

import os
import secrets
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from deploy.installation.configuration import ROOT
from tests.support.accounts import ADMIN_PASSWORD
from tests.support.catalogue import Catalogue
from tests.support.client import Client
from tests.support.covers import FIELDS
from tests.support.pictures import base64_of, noise


def settings_of(state: str | Path) -> dict[str, str]:
    """Return the settings of an installation in its own state folder."""
    return {
        "STATE_DIR": str(state),
        "GATEWAY_PORT": "0",
        "ADMIN_PASSWORD": ADMIN_PASSWORD,
        "TRUSTED_PROXIES": "1",
        "SWEEP_SECONDS": "1",
    }


@dataclass(frozen=True)
class CoveredVolume:
    """A volume and its three covers."""

    admin: Client
    volume: int

    @classmethod
    def of(cls, admin: Client) -> "CoveredVolume":
        """Add a volume in a new catalogue."""
        catalogue = Catalogue(admin)
        return cls(admin, catalogue.volume(catalogue.group(catalogue.series())))

    def upload(self, side: str = "front", **options: Any) -> requests.Response:
        """Upload a cover that no other test has."""
        image = base64_of(noise(30 + secrets.randbelow(20), 40))
        path = f"/admin-volumes/update-image/{self.volume}/{side}"
        return self.admin.ask("POST", path, json={"image": image}, **options)

    def give_cover(self, side: str = "front") -> str:
        """Upload a cover; return its key."""
        answer = self.upload(side)
        assert answer.status_code == 200, answer.text
        return self.key(side)

    def key(self, side: str = "front") -> str:
        """Return the key of a cover."""
        return str(self.admin.get(f"/admin-volumes/id/{self.volume}")[FIELDS[side]]).partition("/")[0]

    def cover(self, side: str = "front", **options: Any) -> requests.Response:
        """Request a cover."""
        return self.admin.ask("GET", f"/volumes/cover/{self.volume}/{side}/high", **options)

    def delete(self) -> None:
        """Delete the volume and its covers."""
        self.admin.delete(f"/admin-volumes/delete-volume/{self.volume}")


def made(target: str, settings: Mapping[str, str], **more: str) -> subprocess.CompletedProcess[str]:
    """Run ``make target`` to its end."""
    return subprocess.run(
        ["make", "--no-print-directory", target, *(f"{name}={value}" for name, value in more.items())],
        cwd=ROOT,
        env=os.environ | settings,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
