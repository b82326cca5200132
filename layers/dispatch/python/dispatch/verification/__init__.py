"""A fix attempt: a merged pull request of an error's issue, watched in production until it is verified, failed or unproven."""
