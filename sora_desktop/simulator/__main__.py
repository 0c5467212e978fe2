"""`python -m sora_desktop.simulator`: the same as `sora-desktop simulate`."""

import argparse
import sys

from sora_desktop.simulator.command import add_arguments, main

parser = argparse.ArgumentParser(prog="sora_desktop.simulator", description="The services of Sora Desktop on loopback.")
add_arguments(parser)
sys.exit(main(parser.parse_args()))
