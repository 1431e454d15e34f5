"""Mutations of documented samples, and what they may change of an answer."""
