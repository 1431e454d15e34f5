"""What replicas share through Valkey or Redis. Only the server composes it, and only if COINGLASS_SHARED_URL is set.

`store.py` holds the connection, `scope.py` the names, `scripts/` what runs in the store. Nothing but `connections.py`,
`link.py` and `failures.py` imports the client of Redis.
"""
