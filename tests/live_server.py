"""The command, with a feed in place of the schema's that publishes one body at the start."""

import sys

from server.cli import main
from tests.server.fake_feed import FakeFeed, body, served

if __name__ == "__main__":
    feed = FakeFeed()
    feed.publish(body(1))
    with served(feed):
        sys.exit(main())
