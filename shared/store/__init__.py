"""The connection to Valkey or Redis: one for all operations of a process, away for everybody or for nobody."""
