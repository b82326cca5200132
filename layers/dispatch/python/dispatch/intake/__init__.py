"""A report of an error comes in: it becomes a sighting, its family's issue is opened or reopened, and an agent is asked for or not."""
