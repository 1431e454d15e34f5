"""Answers that all replicas share, and one fetch for all of them."""
