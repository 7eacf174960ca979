"""Run one command and print what it cost as JSON: measure.py [--cwd DIR] [--stdin FILE] [--timeout S] -- COMMAND...

CPU time is that of the command and all its descendants, every thread included. Peak memory is that of
the largest single process among them."""

import argparse
import json
import resource
import subprocess
import sys
import time


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cwd")
    parser.add_argument("--stdin", default="/dev/null")
    parser.add_argument("--timeout", type=float, default=900)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    command = options.command[1:] if options.command[:1] == ["--"] else options.command
    print(json.dumps(measure(command, options)))


def measure(command, options):
    with open(options.stdin, "rb") as stdin:
        started = time.perf_counter()
        try:
            done = subprocess.run(
                command,
                cwd=options.cwd,
                stdin=stdin,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                timeout=options.timeout,
            )
        except subprocess.TimeoutExpired:
            return {"failure": f"took longer than {options.timeout:.0f} s"}
        except OSError as error:
            return {"failure": str(error)}
        wall = time.perf_counter() - started
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    unit = 1 if sys.platform == "darwin" else 1024
    return {
        "wall": wall,
        "cpu": usage.ru_utime + usage.ru_stime,
        "peak": usage.ru_maxrss * unit,
        "status": done.returncode,
        "stderr": done.stderr.decode(errors="replace").strip()[-2000:],
    }


if __name__ == "__main__":
    main()
