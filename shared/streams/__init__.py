"""One WebSocket to CoinGlass for the channels that any replica follows."""
