"""Caches whole responses: a repeated request is answered with the bytes made for the first."""

from server.response_cache.cache import ResponseCache

__all__ = ["ResponseCache"]
