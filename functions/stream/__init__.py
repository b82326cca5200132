"""What is live: the sockets' door, and the orchestrator's turns."""
