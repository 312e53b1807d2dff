"""Settings from the environment, and from the secrets file of a container."""

from pathlib import Path

import pytest

from shared import settings


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "settings"
    path.write_text("# a comment\nKEY=a=b\nPORT = 80\n\nEMPTY=\n", encoding="utf-8")
    monkeypatch.setenv("SETTINGS_FILE", str(path))
    for name in ("KEY", "PORT", "EMPTY"):
        monkeypatch.delenv(name, raising=False)
    return path


@pytest.mark.usefixtures("file")
def test_what_the_environment_does_not_say_stands_in_the_file() -> None:
    assert settings.text("KEY") == "a=b"
    assert settings.whole("PORT", 1) == 80


@pytest.mark.usefixtures("file")
def test_the_environment_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "81")
    assert settings.whole("PORT", 1) == 81


@pytest.mark.usefixtures("file")
def test_a_blank_value_counts_as_none(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY", " ")
    assert settings.text("KEY") == "a=b"
    assert settings.text("EMPTY", "default") == "default"
    with pytest.raises(settings.Unusable):
        settings.text("EMPTY")
    assert capsys.readouterr().err.startswith("EMPTY is not set")


def test_a_file_that_cannot_be_read_is_said_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SETTINGS_FILE", str(tmp_path / "nothing"))
    with pytest.raises(settings.Unusable):
        settings.text("NOT_THERE", "default")
    assert capsys.readouterr().err.startswith("SETTINGS_FILE cannot be read")
