"""What a statement costs in instructions, on SQLite in memory: the same on a busy machine and on a quiet one.

    [BENCH_TOOL=zeal] PYTHONPATH=RECORDER/sitecustomize LUTHIER_RECORDING='{"folder": …, "root": …, "key": …}' \\
    valgrind --tool=callgrind --instr-atstart=no python bench/recorder/instructions.py PAGE plain|recorded

PAGE is one of `lazy_project`: python, template, manager, count, update. Run it once plain, with the recorder's wrappers
taken off, and once recorded; divide the difference of what callgrind collected by the number of statements, which is
printed. Another tool is run plain, with BENCH_TOOL and without.
"""

import gc
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import lazy_project
import switch
from django.test import Client

def callgrind(*command):
    subprocess.run(["callgrind_control", *command, str(os.getpid())], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={"PATH": os.environ["PATH"]})


def main(work, subject):
    lazy_project.fill()
    if subject == "plain":
        switch.take_off()
    client = Client()
    for _ in range(4):
        assert client.get(f"/{work}/").status_code == 200
    gc.collect()
    gc.disable()
    print(f"{work} {subject}: {lazy_project.ROWS + 1} statements", flush=True)
    callgrind("-i", "on")
    callgrind("-z")
    client.get(f"/{work}/")
    os._exit(0)


main(*sys.argv[1:3])
