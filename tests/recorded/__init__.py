"""Recorded answers of CoinGlass: how each is requested, and how the answer is compared with the body."""
