from cg_client.endpoints.spot import cumulative_volume_delta, footprint, market, netflow, order_book, taker_volume

__all__ = ["cumulative_volume_delta", "footprint", "market", "netflow", "order_book", "taker_volume"]
