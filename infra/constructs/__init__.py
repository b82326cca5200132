"""The parts of the stack, one drawing each. What wakes which function is not here: that is `infra/wiring.py`."""
