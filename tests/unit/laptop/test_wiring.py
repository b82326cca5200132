"""The table of functions."""

from infra.wiring import FUNCTIONS, HTTP_CAP_S, Http, Queue, Schedule, Socket


def test_no_two_functions_wake_on_the_same_thing() -> None:
    wakes = [wake for function in FUNCTIONS for wake in function.wakes]
    paths = [path for wake in wakes if isinstance(wake, Http) for path in wake.paths]
    names = [wake.name for wake in wakes if isinstance(wake, Queue | Schedule)]

    assert len({*paths, *names}) == len(paths) + len(names)
    assert sum(isinstance(wake, Socket) for wake in wakes) == 1


def test_no_door_waits_longer_than_its_api_gateway() -> None:
    assert all(function.timeout_s <= HTTP_CAP_S for function in FUNCTIONS for wake in function.wakes if isinstance(wake, Http | Socket))


def test_a_queue_names_its_setting_and_its_dead_letters() -> None:
    queue = Queue("turns.fifo", batch_size=1, concurrency=8)

    assert (queue.is_fifo, queue.setting, queue.dead_letters) == (True, "SQS_TURNS_URL", "turns-dead.fifo")
