"""Fetches pages of `lazy_project` whenever it is told to, and says what that cost this process.

Each line of its input is a page, how often to fetch it, and whether the recorder is `on` or `off` meanwhile; each line of
its output is the CPU seconds and the number of statements of that.
"""

import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import lazy_project
import switch
from django.test import Client


def main():
    lazy_project.fill()
    client = Client()
    print("ready", flush=True)
    for line in sys.stdin:
        page, times, state = line.split()
        switch.put_back() if state == "on" else switch.take_off()
        client.get(f"/{page}/")
        start = time.process_time()
        for _ in range(int(times)):
            assert client.get(f"/{page}/").status_code == 200, page
        print(time.process_time() - start, int(times) * (lazy_project.ROWS + 1), flush=True)


main()
