"""Paths of the addresses that several layers treat in their own way."""

from typing import Final

GRAPHQL: Final = "/graphql"
METRICS: Final = "/metrics"
HEALTH: Final = "/healthz"
READY: Final = "/readyz"
HEALTH_PATHS: Final = (HEALTH, READY)
START: Final = "/"
LIGHT_PAGE: Final = "/light"
EXPLORER_FILES: Final = "/explorer/"  # in front of the names of the files that its pages load
MAX_LOGGED: Final = 200  # characters of a path
