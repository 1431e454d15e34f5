"""The command with no patience for the successors of a rolling restart."""

import sys
from unittest.mock import patch

from server.cli import main

if __name__ == "__main__":
    with patch("server.rolling_restart.READY_WITHIN", 0.0):
        sys.exit(main())
