"""Recorded answers of CoinGlass: how each is asked for, and how the answer is compared with the body."""
