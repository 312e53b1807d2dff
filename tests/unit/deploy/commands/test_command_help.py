"""The help of ``bunko``: every command has a purpose and an example."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from deploy.commands.bunko import bunko, run
from deploy.installation.configuration import ROOT


def _commands(group: click.Group, *above: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield (*above, name), command
        if isinstance(command, click.Group):
            yield from _commands(command, *above, name)


COMMANDS = dict(_commands(bunko))


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_says_what_it_does_when_one_needs_it_and_an_example(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*words, "--help"]) == 0
    said = capsys.readouterr().out
    assert re.search(rf"Example:\n.*\b{words[-1]}\b|Example:\n.*bunko {words[0]}", said), said
    if not isinstance(COMMANDS[words], click.Group):
        assert re.search(r"Needed |Run by ", said), said


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_example_names_commands_that_are_there(words: tuple[str, ...]) -> None:
    named = re.findall(r"(?<!/)bunko ([a-z-]+)(?: ([a-z-]+))?", (COMMANDS[words].help or "").split("\b")[-1])
    for first, second in named:
        command = COMMANDS[first,]
        assert not isinstance(command, click.Group) or (first, second) in COMMANDS, named


def test_called_wrongly_it_ends_with_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["user", "set-role", "somebody"]) == 2
    assert "Missing argument 'ROLE'" in capsys.readouterr().err
    assert run(["nonsense"]) == 2


def test_it_works_from_any_folder_and_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "bunko").symlink_to(ROOT / "deploy" / "bunko")
    said = subprocess.run(
        [tmp_path / "bunko", "--help"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True
    )
    assert "repair a Bunko" in said.stdout


def test_in_a_clean_clone_it_sets_nothing_up(tmp_path: Path) -> None:
    folder = tmp_path / "clone" / "deploy"
    folder.mkdir(parents=True)
    (folder / "bunko").write_bytes((ROOT / "deploy" / "bunko").read_bytes())
    said = subprocess.run(
        ["sh", folder / "bunko", "up"], capture_output=True, text=True, timeout=60, check=False
    )
    assert (said.returncode, said.stdout) == (1, "")
    assert "run make setup in" in said.stderr
    assert [path.name for path in folder.parent.iterdir()] == ["deploy"]
