"""What the build of the package makes beside copying: the compiled reader of rows, and the page of the explorer."""
