"""The output of the demo: colour and a spinner on a terminal, plain lines otherwise."""

from __future__ import annotations

import itertools
import os
import sys
import textwrap
import time
from collections.abc import Callable

TERMINAL = sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb" and "NO_COLOR" not in os.environ
WIDTH = 118


class DemoFailure(Exception):
    """A step had an unexpected result."""


def _style(code: str, text: str) -> str:
    return f"\033[{code}m{text}\033[0m" if TERMINAL else text


def chapter(number: int, title: str) -> None:
    print(f"\n{_style('1;36', f'{number}. {title}')}", flush=True)


def tell(text: str) -> None:
    print(textwrap.fill(" ".join(text.split()), WIDTH, initial_indent="   ", subsequent_indent="   "), flush=True)


def command(line: str) -> None:
    print(f"\n   {_style('1', '$ ' + line)}", flush=True)


def output(text: str, *, style: str = "2") -> None:
    for line in text.rstrip().splitlines():
        print(f"   {_style(style, line)}", flush=True)


def refused(text: str) -> None:
    output(text, style="33")


def good(text: str) -> None:
    print(f"   {_style('32', '✔')} {text}", flush=True)


def wait_until(what: str, condition: Callable[[], bool], *, seconds: float = 90) -> None:
    """Polls the condition until it is true; raises after the timeout."""
    started = time.monotonic()
    frames = itertools.cycle("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")
    while True:
        if condition():
            if TERMINAL:
                print("\r\033[K", end="")
            good(f"{what} ({time.monotonic() - started:.1f} s)")
            return
        if time.monotonic() - started > seconds:
            if TERMINAL:
                print("\r\033[K", end="")
            raise DemoFailure(f"{what}: not true within {seconds:.0f} s")
        for _ in range(3):
            if TERMINAL:
                print(f"\r   {next(frames)} {what} …", end="", flush=True)
            time.sleep(0.1)
