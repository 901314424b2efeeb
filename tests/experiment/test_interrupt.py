"""Ctrl-C waits for a moment at which work can be put down."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from sim.experiment.interrupt import held_back


@pytest.fixture(autouse=True)
def as_python_answers() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def press() -> None:
    signal.raise_signal(signal.SIGINT)


def answers() -> bool:
    """Whether Ctrl-C is answered as Python does."""
    return signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_nothing_is_raised_where_nothing_is_pressed() -> None:
    with held_back() as check:
        check()
    assert answers()


def test_it_waits_until_asked_for() -> None:
    done = []

    def work() -> None:
        with held_back() as check:
            press()
            done.append("what was begun")
            check()
            done.append("what would be next")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["what was begun"]
    assert answers()


def test_it_is_raised_at_the_end_of_the_block() -> None:
    done = []

    def work() -> None:
        with held_back():
            press()
            done.append("the block")
        done.append("what follows")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["the block"]


def test_an_error_of_the_block_goes_first() -> None:
    def work() -> None:
        with held_back():
            press()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    assert answers()


def test_who_insists_does_not_wait() -> None:
    done = []

    def work() -> None:
        with held_back():
            press()
            done.append("once")
            press()
            done.append("twice")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["once"]
    assert answers()


def test_an_answer_of_somebody_else_stays() -> None:
    heard = []
    signal.signal(signal.SIGINT, lambda number, frame: heard.append(number))
    with held_back() as check:
        press()
        check()
    assert heard == [signal.SIGINT]
    assert not answers()


def test_another_thread_holds_nothing() -> None:
    def hold() -> str:
        with held_back() as check:
            check()
            return threading.current_thread().name

    with ThreadPoolExecutor(1) as threads:
        assert threads.submit(hold).result() != threading.main_thread().name
    assert answers()
