"""What production's logs say, by named queries: read-only, escaped, bounded, masked, and each query written down."""
