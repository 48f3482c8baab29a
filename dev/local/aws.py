"""The local AWS alone, for tests that need no cluster.

    python3 dev/local/aws.py FOLDER [--before URL]

starts it on free loopback ports with its logs in FOLDER, prints two endpoints when it is ready, and stops it when its standard
input ends or, should it be killed itself, by the kernel. The first endpoint is as untidy as the real AWS (unruly.py); the second is the
emulator itself, or, where the untidiness is to stand before another AWS, the URL of that.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import environment
import toolchain


def main() -> int:
    parser = argparse.ArgumentParser(description="Starts a local AWS, and stops it when standard input ends.")
    parser.add_argument("folder", type=Path, help="a folder for logs")
    parser.add_argument("--before", metavar="URL", help="stand before this AWS, and start no other")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    programs: list[environment.Program] = []
    try:
        target = arguments.before
        if target is None:
            port = environment.free_port()
            programs.append(environment.aws_program(arguments.folder, toolchain.aws_python(), port))
            target = f"http://127.0.0.1:{port}"
        port = environment.free_port()
        programs.append(environment.unruly_program(arguments.folder, target, port))
        for program in programs:
            program.start()
        for program in programs:
            program.wait_until_ready()
        print(f"http://127.0.0.1:{port} {target}", flush=True)
        sys.stdin.read()
    except (environment.StartError, toolchain.ToolchainError) as failure:
        print(failure, file=sys.stderr)
        return 1
    finally:
        for program in reversed(programs):
            program.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
