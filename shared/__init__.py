"""What replicas, or the workers of one machine, share through Valkey or Redis. Only the server composes it.

`store/` is the connection, and alone imports the client of Redis. `scripts/` is what runs in the store.
"""
