"""The laptop as a small AWS: the doors, the queue, the schedules and the database that Lambda handlers find in the cloud."""
