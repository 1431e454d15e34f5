"""What replicas, or the workers of one machine, share through Valkey or Redis. Only the server composes it.

`store.py` holds the connection, `scope.py` the names, `scripts/` what runs in the store. Only `connections.py`,
`session.py`, `link.py`, `cluster.py`, `discovery.py`, `subscriptions.py`, `stream_reader.py` and `failures.py` import
the client of Redis.
"""
