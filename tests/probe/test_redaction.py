"""The key is removed from texts and bodies in every form in which CoinGlass may repeat it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cg_client.secret import Secret
from probe.redaction import KeyRedaction, KeyStaysError

KEYS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=40).filter(
    lambda key: not key.isdecimal() and key.strip("*") != ""
)


@given(KEYS, st.text(max_size=5))
def test_a_body_with_the_key_in_its_texts_is_saved_without_it(key: str, beside: str) -> None:
    answer = {"code": "0", "data": [{f"{beside}{key}": [f"{key}{beside}", 1.5, None]}]}
    for body in (json.dumps(answer), json.dumps(answer).replace("/", "\\/")):
        redacted = json.loads(KeyRedaction(Secret(key)).body(body.encode()))
        assert key not in json.dumps(redacted, ensure_ascii=False)
        ((name, values),) = redacted["data"][0].items()
        assert "***" in name
        assert values[1:] == [1.5, None]


def test_a_body_without_the_key_stays_byte_for_byte() -> None:
    body = b'{ "code":"0" , "data":[7.61598E+6, 1e-7, "\\u00e9"] }'
    assert KeyRedaction(Secret("some-key")).body(body) == body


def test_a_body_in_which_the_key_is_a_number_is_not_saved() -> None:
    with pytest.raises(KeyStaysError):
        KeyRedaction(Secret("1234567890")).body(b'{"code": "0", "data": [1234567890]}')


def test_the_key_is_redacted_in_a_quoted_url() -> None:
    redaction = KeyRedaction(Secret("a+b/c=d"))
    assert redaction.text("?key=a%2Bb%2Fc%3Dd and A+B/C=D") == "?key=*** and ***"
