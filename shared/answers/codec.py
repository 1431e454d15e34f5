"""Answers as bytes: versioned, compressed where it pays, and signed with a hash that takes the key of CoinGlass.

What was not written by a replica with the same key and the same version, for the same call, is unreadable.
"""

import hashlib
import hmac
from datetime import timedelta
from typing import Any, Final

import msgspec
import zstandard

from cg_client.call import Answer, AnyAnswer, Call
from cg_client.decoding.anomalies import DecodingAnomaly
from cg_client.decoding.decoder_names import name_of
from cg_client.errors import CoinglassError
from cg_client.secret import Secret
from cg_client.version import installed_version
from shared.answers.record_types import RecordType, TypeName
from shared.answers.value_codec import EPOCH, MICROSECOND, ValueEncoder
from shared.answers.value_decoder import ValueDecoder
from shared.codec_errors import Unencodable, UnreadableValue
from shared.failure_codec import decode_failure, encode_failure

FORMAT: Final = 1  # of the bytes
LEAST_COMPRESSED: Final = 1024  # bytes
MAX_DECODED: Final = 256 * 1024 * 1024  # bytes: what is larger when decompressed is no answer of ours
_PAYS: Final = 0.9  # of the size: what compression has to reach
_LEVEL: Final = 1
_SIMPLE, _COMPRESSED = b"\x00", b"\x01"
_SIGNATURE: Final = 16  # bytes


class _Packed(msgspec.Struct, array_like=True, frozen=True):
    """An answer and the size of the body that it came from; `fetched_at` in microseconds since 1970."""

    size: int
    endpoint: str
    path: str
    fetched_at: int
    lifetime: float
    sandbox: bool
    anomalies: tuple[DecodingAnomaly, ...]
    types: tuple[TypeName, ...]
    value: Any


class DecodedAnswer(msgspec.Struct, frozen=True):
    answer: AnyAnswer
    size: int


class AnswerCodec:
    """Encodes and decodes the answers of one key and base URL."""

    def __init__(self, api_key: Secret, base_url: str, version: str | None = None) -> None:
        secret = f"{base_url.rstrip('/')} {api_key.reveal()}".encode()
        self._secret = hashlib.blake2b(secret, person=b"answers", digest_size=32).digest()
        self.version = f"{FORMAT}-{version or installed_version() or 'source'}"
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(_Packed)
        self._compressor = zstandard.ZstdCompressor(level=_LEVEL)
        self._decompressor = zstandard.ZstdDecompressor()

    def digest(self, call: Call) -> str | None:
        """Return what the call is named in the store; None for one that is not shared."""
        decoder = name_of(call.decode)
        if decoder is None:
            return None
        text = f"{self.version}\n{decoder}\n{call.target}".encode()
        return hashlib.blake2b(text, key=self._secret, digest_size=16).hexdigest()

    def encode(self, answer: AnyAnswer, size: int, digest: str) -> bytes:
        """Return the bytes; raises Unencodable."""
        encoder = ValueEncoder()
        value = encoder.encode(answer.value)
        packed = _Packed(
            size,
            answer.endpoint.path,
            answer.path,
            (answer.fetched_at - EPOCH) // MICROSECOND,
            answer.lifetime,
            answer.sandbox,
            answer.anomalies,
            tuple(record.name for record in encoder.types),
            value,
        )
        try:
            content = self._encoder.encode(packed)
        except (OverflowError, UnicodeEncodeError, TypeError, ValueError) as error:
            raise Unencodable(type(error).__name__) from error
        kind = _SIMPLE
        if len(content) >= LEAST_COMPRESSED:
            compressed = self._compressor.compress(content)
            if len(compressed) <= len(content) * _PAYS:
                kind, content = _COMPRESSED, compressed
        return self._sign(kind + content, digest)

    def decode(self, data: bytes, call: Call, digest: str) -> DecodedAnswer:
        """Return what was encoded; raises UnreadableValue."""
        signed = self._verify(data, digest)
        kind, content = signed[:1], signed[1:]
        try:
            if kind == _COMPRESSED:
                if not 0 <= zstandard.frame_content_size(content) <= MAX_DECODED:
                    raise UnreadableValue("too large")
                content = self._decompressor.decompress(content)
            packed = self._decoder.decode(content)
        except (zstandard.ZstdError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise UnreadableValue(type(error).__name__) from error
        if packed.endpoint != call.endpoint.path:
            raise UnreadableValue("an answer of another endpoint")
        answer = Answer(
            ValueDecoder(list(map(RecordType.by_name, packed.types))).decode(packed.value),
            call.endpoint,
            EPOCH + timedelta(microseconds=packed.fetched_at),
            sandbox=packed.sandbox,
            anomalies=packed.anomalies,
            path=packed.path,
            lifetime=packed.lifetime,
        )
        return DecodedAnswer(answer, packed.size)

    def encode_failure(self, failure: CoinglassError, digest: str) -> bytes:
        """Return the bytes of the failure of a call; raises Unencodable."""
        return self._sign(encode_failure(failure), digest)

    def decode_failure(self, data: bytes, digest: str) -> CoinglassError:
        """Return what was encoded; raises UnreadableValue."""
        failure = decode_failure(self._verify(data, digest))
        if not isinstance(failure, CoinglassError):
            raise UnreadableValue("no failure of a call")
        return failure

    def _sign(self, content: bytes, digest: str) -> bytes:
        """Return the bytes with a signature, by which they belong to the call with this digest."""
        return self._signature(content, digest) + content

    def _verify(self, data: bytes, digest: str) -> bytes:
        """Return what was signed; raises UnreadableValue."""
        content = data[_SIGNATURE:]
        if not hmac.compare_digest(data[:_SIGNATURE], self._signature(content, digest)):
            raise UnreadableValue("a wrong signature")
        return content

    def _signature(self, content: bytes, digest: str) -> bytes:
        signed = hashlib.blake2b(digest.encode(), key=self._secret, digest_size=_SIGNATURE, person=b"signature")
        signed.update(content)
        return signed.digest()
