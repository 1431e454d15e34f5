"""What COINGLASS_ALLOWED_ORIGINS allows."""

import pickle

import pytest

from server.origins import NO_ORIGINS, Origins
from server.settings import Settings, SettingsError

NAME = "COINGLASS_ALLOWED_ORIGINS"


@pytest.mark.parametrize(
    ("setting", "origin"),
    [
        ("https://app.example.com", "https://app.example.com"),
        ("https://App.Example.com", "https://app.example.com"),
        ("https://app.example.com:443", "https://app.example.com"),
        ("http://app.example.com:8080", "http://app.example.com:8080"),
        ("https://a.example, https://b.example", "https://b.example"),
        ("https://*.example.com", "https://app.example.com"),
        ("https://*.example.com", "https://a.b.example.com"),
        ("http://localhost:*", "http://localhost:3000"),
        ("http://localhost:*", "http://localhost"),
        ("http://[::1]:*", "http://[::1]:3000"),
        ("tauri://localhost", "tauri://localhost"),
        ("*", "https://anything.example"),
        ("*", "null"),
    ],
)
def test_an_origin_is_allowed(setting: str, origin: str) -> None:
    assert Origins.parse(setting).allows(origin)


@pytest.mark.parametrize(
    ("setting", "origin"),
    [
        ("https://app.example.com", "http://app.example.com"),
        ("https://app.example.com", "https://app.example.com:8443"),
        ("https://app.example.com", "https://app.example.com.evil.example"),
        ("https://app.example.com", "https://appxexample.com"),
        ("https://*.example.com", "https://example.com"),
        ("https://*.example.com", "https://evilexample.com"),
        ("https://*.example.com", "https://evil.example/.example.com"),
        ("https://*.example.com", "https://app.example.com\n"),
        ("http://localhost:*", "http://localhost:3000.evil.example"),
        ("http://localhost:*", "https://localhost:3000"),
        ("https://a.example,https://b.example", "https://a.example,https://b.example"),
        ("https://app.example.com", "null"),
    ],
)
def test_an_origin_is_not_allowed(setting: str, origin: str) -> None:
    assert not Origins.parse(setting).allows(origin)


def test_without_the_setting_no_origin_is_allowed() -> None:
    assert Settings.from_env({}).allowed_origins is None
    assert not any(NO_ORIGINS.allows(origin) for origin in ("", "null", "https://app.example.com"))


@pytest.mark.parametrize(
    "setting",
    [
        "app.example.com",
        "https://",
        "https://*",
        "https://app.*.com",
        "https://app.example.com/",
        "https://app.example.com/path",
        "https://user@app.example.com",
        "https://*.[::1]",
        "http://localhost:99999999",
        "https://a.example,",
        "https://a.example,*",
        "null",
    ],
)
def test_a_faulty_setting_is_refused_with_the_format(setting: str) -> None:
    with pytest.raises(SettingsError, match=rf"{NAME} is `\*`, or a list of origins such as https://app.example.com"):
        Settings.from_env({NAME: setting})


def test_origins_reach_the_processes_of_workers() -> None:
    origins = Origins.parse("http://localhost:*")
    assert pickle.loads(pickle.dumps(origins)) == origins  # noqa: S301  # our own bytes
