"""One budget of each caller for all replicas."""
