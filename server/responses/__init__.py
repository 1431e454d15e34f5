"""Whole answers kept in front of everything: a repeated request is answered with the bytes made for the first."""

from server.responses.cache import ResponseCache

__all__ = ["ResponseCache"]
