"""The command where the package of the workers' store is not installed."""

import sys
from unittest.mock import patch

from server.cli import main

if __name__ == "__main__":
    with patch("server.workers.is_installed", lambda: False):
        sys.exit(main())
