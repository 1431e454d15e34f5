"""Imitates CoinGlass' WebSocket: `/ws-api`, its channels, its refusals, and the faults of a connection."""
