"""What others report to us."""
