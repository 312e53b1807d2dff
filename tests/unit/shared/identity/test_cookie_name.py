"""The configured name of the session cookie."""

import pytest
from flask import Flask

from gateway.site.openapi_merge import merge
from shared import settings
from shared.identity import cookie_name
from users import configuration, session_cookies

KEY = "5e" * 32
HOST_ONLY = "__Host-refreshToken"


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("SESSION_KEY", KEY)
    monkeypatch.delenv("SETTINGS_FILE", raising=False)
    return monkeypatch


@pytest.mark.parametrize("name", ["refreshToken", HOST_ONLY, "__Secure-x", "a.b_c-d", "x" * 64])
def test_a_name_that_browsers_take_is_taken(environment: pytest.MonkeyPatch, name: str) -> None:
    environment.setenv("COOKIE_NAME", name)
    assert cookie_name.configured() == configuration.from_environment().cookie_name == name


def test_there_is_a_name_without_a_setting(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("COOKIE_NAME", raising=False)
    assert cookie_name.configured() == "refreshToken"


@pytest.mark.parametrize("name", ["a b", "a;b", "a=b", "é", "x" * 65, "a,b", '"a"', "bunkoWritten"])
def test_any_other_ends_the_program(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    environment.setenv("COOKIE_NAME", name)
    with pytest.raises(settings.Unusable):
        cookie_name.configured()
    assert capsys.readouterr().err.startswith("COOKIE_NAME must be ")


@pytest.mark.parametrize("name", [HOST_ONLY, "__host-x", "__Secure-x"])
def test_a_name_for_https_needs_a_cookie_for_https(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    environment.setenv("COOKIE_NAME", name)
    environment.setenv("COOKIE_SECURE", "off")
    with pytest.raises(settings.Unusable):
        configuration.from_environment()
    assert "needs COOKIE_SECURE=on" in capsys.readouterr().err


def test_the_user_service_hands_it_out_under_that_name(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("COOKIE_NAME", HOST_ONLY)
    app = Flask("users")
    app.extensions["configuration"] = configuration.from_environment()
    with app.app_context():
        parts = session_cookies.clear_cookie()[1].split("; ")
    assert parts[0] == f"{HOST_ONLY}="
    assert {"Secure", "Path=/"} <= set(parts)
    assert not any(part.startswith("Domain") for part in parts)


def test_the_document_names_it() -> None:
    scheme = {"type": "apiKey", "in": "cookie", "name": "refreshToken"}
    operation = {"description": "Sets the `refreshToken` cookie.", "responses": {}}
    part = {
        "paths": {"/auth/me": {"get": operation}},
        "components": {"schemas": {}, "securitySchemes": {"refreshToken": scheme}},
    }
    document = merge({"users": part}, HOST_ONLY)
    assert document["components"]["securitySchemes"]["refreshToken"]["name"] == HOST_ONLY
    assert document["paths"]["/auth/me"]["get"]["description"] == f"Sets the `{HOST_ONLY}` cookie."
    assert f"sets the cookie `{HOST_ONLY}`" in document["info"]["description"]
    assert "`refreshToken`" not in str(document)
