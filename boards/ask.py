# SPDX-License-Identifier: MIT
"""Asks the board at a port which of the architectures named its module has to be for: `make deploy` builds no other."""

import argparse

from deeplomath.deploy import deploy
from deeplomath.errors import DeeplomathError


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port")
    parser.add_argument("architectures", nargs="+")
    parser.add_argument("--force", action="store_true", help="end a service whose network has learned something")
    arguments = parser.parse_args()
    try:
        print(deploy.ask(arguments.port, arguments.architectures, force=arguments.force))
    except DeeplomathError as error:
        parser.exit(2, f"deploy: {error}\n")


if __name__ == "__main__":
    main()
