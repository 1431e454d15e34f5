"""Tokens are verified with the keys that their issuer publishes, which may change at any time."""

import asyncio
import base64
import json
import time
from datetime import UTC, datetime
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import example, given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from callers.authentication import Unauthenticated, VerificationUnavailable
from callers.caller import Caller
from callers.key_set import KeySet
from callers.web_tokens import LEEWAY, WebTokens
from tests.callers.issuer import AUDIENCE, ISSUER, URL, Issuer, SigningKey
from tests.clock import FakeClock

REFRESH, RETRY, DAY = 601, 30, 24 * 3600
SIGNING = SigningKey("first")
NEW = SigningKey("second")
NOW = int(time.time())  # PyJWT reads the clock of the system
VALID: dict[str, Any] = {"iss": ISSUER, "aud": AUDIENCE, "sub": "ann@example.com", "exp": NOW + 7200}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(now=datetime.fromtimestamp(NOW, UTC))


@pytest.fixture
def issuer() -> Issuer:
    return Issuer(SIGNING)


@pytest.fixture
def tokens(issuer: Issuer, clock: FakeClock) -> WebTokens:
    return tokens_of(issuer, clock)


def tokens_of(issuer: Issuer, clock: FakeClock) -> WebTokens:
    return WebTokens(KeySet(URL, clock, issuer), issuer=ISSUER, audience=AUDIENCE, clock=clock)


async def refusal(tokens: WebTokens, token: bytes) -> str:
    with pytest.raises(Unauthenticated) as refused:
        await tokens.verify(token)
    return str(refused.value)


async def run_pending() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_token_identifies_its_caller(tokens: WebTokens) -> None:
    assert await tokens.verify(SIGNING.sign(VALID)) == Caller("ann@example.com")


@pytest.mark.parametrize(
    "scopes", [{"scope": "metrics read"}, {"scp": ["metrics", "read"]}, {"scope": ["read", "metrics", 1]}]
)
async def test_a_token_has_scopes(tokens: WebTokens, scopes: dict[str, Any]) -> None:
    caller = await tokens.verify(SIGNING.sign(VALID | scopes))
    assert caller.scopes == {"metrics", "read"}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"exp": NOW - 60}, "The token has expired."),
        ({"nbf": NOW + 600}, "The token is not valid yet."),
        ({"aud": "other"}, "The token is for another audience."),
        ({"iss": "https://evil.example.com/"}, "The token is of another issuer."),
        ({"sub": None}, "The token"),
        ({"sub": "a\nb"}, "The token's sub is not a printable text"),
        ({"sub": ""}, "The token's sub is not a printable text"),
        ({"exp": "soon"}, "The token is not a valid JWT."),
        ({"exp": float("inf")}, "The token is not a valid JWT."),
    ],
)
async def test_a_token_with_wrong_claims_is_refused(tokens: WebTokens, change: dict[str, Any], reason: str) -> None:
    assert (await refusal(tokens, SIGNING.sign(VALID | change))).startswith(reason)


@pytest.mark.parametrize("name", ["exp", "sub", "iss", "aud"])
async def test_a_token_without_a_claim_is_refused(tokens: WebTokens, name: str) -> None:
    claims = {claim: value for claim, value in VALID.items() if claim != name}
    reason = await refusal(tokens, SIGNING.sign(claims))
    assert reason == "The token lacks one of the claims sub, exp, iss and aud."


async def test_a_token_signed_by_somebody_else_is_refused(tokens: WebTokens) -> None:
    assert await refusal(tokens, SigningKey("first").sign(VALID)) == "The token's signature is wrong."


async def test_an_unsigned_token_is_refused(tokens: WebTokens) -> None:
    token = jwt.encode(VALID, "", "none", headers={"kid": "first"}).encode()
    assert "algorithm that this server does not accept" in await refusal(tokens, token)


async def test_the_public_key_is_no_shared_secret(tokens: WebTokens) -> None:
    """An attacker signs with HMAC and the public key, which a careless server would take for the secret."""
    encoding = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    public = SIGNING.private.public_key().public_bytes(*encoding)
    head, body = (_encoded(part) for part in ({"alg": "HS256", "typ": "JWT", "kid": "first"}, VALID))
    signature = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(head + b"." + body, public)
    token = b".".join((head, body, base64.urlsafe_b64encode(signature).rstrip(b"=")))
    assert "algorithm that this server does not accept" in await refusal(tokens, token)


def _encoded(part: dict[str, Any]) -> bytes:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")


async def test_a_symmetric_key_in_the_set_is_left_out(issuer: Issuer, tokens: WebTokens) -> None:
    secret = b"s" * 32
    encoded = base64.urlsafe_b64encode(secret).rstrip(b"=").decode()
    issuer.keys.append({"kty": "oct", "kid": "shared", "alg": "HS256", "k": encoded})
    token = jwt.encode(VALID, secret, "HS256", headers={"kid": "shared"}).encode()
    assert await refusal(tokens, token) == "The token is signed with a key that its issuer does not publish."


async def test_keys_that_cannot_be_read_are_left_out(issuer: Issuer, tokens: WebTokens) -> None:
    issuer.keys[:0] = [
        {},
        {"kty": "RSA"},
        {"kty": "EC", "crv": "P-256", "x": 1, "y": []},
        {"kty": "RSA", "n": "AQ", "e": "!"},
    ]
    assert (await tokens.verify(SIGNING.sign(VALID))).name == "ann@example.com"


async def test_a_token_without_key_id_is_verified_with_the_only_key(issuer: Issuer, clock: FakeClock) -> None:
    token = jwt.encode(VALID, SIGNING.private, "ES256").encode()
    assert (await tokens_of(issuer, clock).verify(token)).name == "ann@example.com"
    issuer.keys.append(NEW.public)
    assert "does not publish" in await refusal(tokens_of(issuer, clock), token)


async def test_a_verified_token_is_cached_until_it_expires(issuer: Issuer, tokens: WebTokens, clock: FakeClock) -> None:
    token = SIGNING.sign(VALID | {"exp": NOW + 300})
    first = await tokens.verify(token)
    assert await tokens.verify(token) is first
    clock.advance(300 + LEEWAY - 1)
    assert await tokens.verify(token) is first
    clock.advance(1)
    assert await refusal(tokens, token) == "The token has expired. Get a new one."
    assert issuer.fetches == 1


async def test_a_new_key_is_valid_at_once(issuer: Issuer, tokens: WebTokens, clock: FakeClock) -> None:
    await tokens.verify(SIGNING.sign(VALID))
    issuer.keys.append(NEW.public)
    clock.advance(RETRY)
    assert (await tokens.verify(NEW.sign(VALID))).name == "ann@example.com"
    assert issuer.fetches == 2


async def test_made_up_key_ids_cause_few_fetches(issuer: Issuer, tokens: WebTokens, clock: FakeClock) -> None:
    await tokens.verify(SIGNING.sign(VALID))
    for second in range(2 * RETRY):
        await refusal(tokens, SigningKey(f"made-up-{second}").sign(VALID))
        clock.advance(1)
    assert issuer.fetches == 2


async def test_requests_at_the_same_time_share_a_fetch(issuer: Issuer, tokens: WebTokens) -> None:
    await asyncio.gather(*(tokens.verify(SIGNING.sign(VALID | {"sub": f"{number}"})) for number in range(20)))
    assert issuer.fetches == 1


async def test_a_withdrawn_key_is_refused_after_the_next_refresh(
    issuer: Issuer, tokens: WebTokens, clock: FakeClock
) -> None:
    token = SIGNING.sign(VALID)
    await tokens.verify(token)
    issuer.keys = [NEW.public]
    clock.advance(REFRESH)
    await tokens.verify(token)  # starts the refresh, and does not wait for it
    await run_pending()
    assert issuer.fetches == 2
    assert "does not publish" in await refusal(tokens, token)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500),
        httpx.Response(302, headers={"location": "https://evil.example.com/"}),
        httpx.Response(200, content=b"<html>"),
        httpx.Response(200, content=b"\xff"),
        httpx.Response(200, json={"keys": []}),
        httpx.Response(200, json={"keys": [1]}),
        httpx.Response(200, content=b" " * 600_000),
        httpx.ConnectError("refused"),
    ],
    ids=lambda answer: type(answer).__name__ + str(getattr(answer, "status_code", "")),
)
async def test_the_keys_stay_valid_for_a_day_if_the_issuer_fails(
    issuer: Issuer, tokens: WebTokens, clock: FakeClock, answer: httpx.Response | Exception
) -> None:
    token = SIGNING.sign(VALID | {"exp": NOW + 2 * DAY})
    await tokens.verify(token)
    if isinstance(answer, Exception):
        issuer.failure = answer
    else:
        issuer.answer = answer
    clock.advance(REFRESH)
    with capture_logs() as logs:
        await tokens.verify(token)
        await run_pending()
    assert [entry["url"] for entry in logs] == [URL]
    assert (await tokens.verify(SIGNING.sign(VALID | {"sub": "bob"}))).name == "bob"
    clock.advance(DAY)
    with pytest.raises(VerificationUnavailable):
        await tokens.verify(SIGNING.sign(VALID | {"sub": "cat"}))


async def test_without_keys_nobody_is_refused_as_unauthenticated(
    issuer: Issuer, tokens: WebTokens, clock: FakeClock
) -> None:
    issuer.failure = httpx.ConnectError("refused")
    for _ in range(3):
        with pytest.raises(VerificationUnavailable):
            await tokens.verify(SIGNING.sign(VALID))
    assert issuer.fetches == 1
    issuer.failure = None
    clock.advance(RETRY)
    assert (await tokens.verify(SIGNING.sign(VALID))).name == "ann@example.com"


DEEP = base64.urlsafe_b64encode(b"[" * 6000).rstrip(b"=") + b".e30.e30"
TEXTS = st.binary(max_size=60) | st.lists(st.binary(max_size=30).map(base64.urlsafe_b64encode), max_size=4).map(
    b".".join
)


@example(DEEP)
@example(b"x" * 9000)
@given(TEXTS)
async def test_anything_else_is_refused(text: bytes) -> None:
    await refusal(tokens_of(Issuer(SIGNING), FakeClock()), text)
