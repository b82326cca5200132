"""Listening to something slow."""

import threading

import pytest

from dispatch.orchestrator.listening import listen


def test_events_come_in_order_and_end():
    assert [event for event in listen(lambda: (number for number in range(100)), every_s=1) if event is not None] == list(range(100))


def test_silence_is_heard():
    go = threading.Event()

    def speak():
        go.wait(5)
        yield "late"

    heard = listen(speak, every_s=0.01)

    assert next(heard) is None
    go.set()
    assert next(event for event in heard if event) == "late"


def test_an_error_of_the_speaker_is_raised_where_it_is_listened_to():
    def speak():
        yield 1
        raise ValueError("lost")

    heard = listen(speak, every_s=1)

    assert next(heard) == 1
    with pytest.raises(ValueError, match="lost"):
        next(heard)


def test_who_hangs_up_is_not_spoken_to_for_ever():
    closed = threading.Event()

    def speak():
        try:
            while True:
                yield 1
        finally:
            closed.set()

    heard = listen(speak, every_s=1)
    next(heard)
    heard.close()

    assert closed.wait(2)
