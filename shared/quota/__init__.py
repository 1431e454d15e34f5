"""One quota of requests a minute for all replicas."""
