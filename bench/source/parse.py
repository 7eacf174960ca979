"""The yardstick: CPython parses every file named in a list to its syntax tree, and does nothing with it."""

import ast
import sys
import warnings


def main(list_file):
    warnings.simplefilter("ignore")
    with open(list_file, encoding="utf-8") as names:
        for name in names.read().splitlines():
            with open(name, "rb") as file:
                try:
                    ast.parse(file.read())
                except (SyntaxError, ValueError):
                    pass


if __name__ == "__main__":
    main(sys.argv[1])
