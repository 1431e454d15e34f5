"""One class = one upstream parameter list = GraphQL arguments = part of the cache key; `core` says how."""
