from cg_client.endpoints.spot import market, order_book, taker_volume

__all__ = ["market", "order_book", "taker_volume"]
