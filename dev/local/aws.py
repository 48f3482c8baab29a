"""The local AWS alone, for tests that need no cluster.

    python3 dev/local/aws.py FOLDER

starts it on a free loopback port with its log in FOLDER, prints its endpoint when it is ready, and stops it when its standard
input ends or, should it be killed itself, by the kernel.
"""

from __future__ import annotations

import sys
from pathlib import Path

import environment
import toolchain


def main() -> int:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    try:
        port = environment.free_port()
        program = environment.aws_program(folder, toolchain.aws_python(), port)
        program.start()
        try:
            program.wait_until_ready()
            print(f"http://127.0.0.1:{port}", flush=True)
            sys.stdin.read()
        finally:
            program.stop()
    except (environment.StartError, toolchain.ToolchainError) as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
