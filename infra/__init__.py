"""What runs Dispatch: the cloud stack, the laptop, and the table both are built from."""
