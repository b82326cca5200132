"""An error as it is known: its fingerprints, the family they make, each sighting and how many there were. What that starts: `intake`."""
