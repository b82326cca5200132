"""Schedules: what has to happen although nobody asks."""
