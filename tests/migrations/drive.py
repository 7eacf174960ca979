"""Does what it is told on the project in the current folder, a line at a time, and says `done` after each.

`check` fails when makemigrations has something left to make; `migrate APP NAME` goes there, forward or back.
"""

import sys

import django
from django.core.management import call_command


def main():
    django.setup()
    for line in sys.stdin:
        command, *arguments = line.split()
        if command == "check":
            call_command("makemigrations", check_changes=True, dry_run=True)
        else:
            call_command("migrate", *arguments, verbosity=0, interactive=False)
        print("done", flush=True)


main()
