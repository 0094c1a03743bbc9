"""``python -m ess_sim`` is the command ``ess-sim``."""

import sys

from ess_sim.faces.cli.app import main

if __name__ == "__main__":
    sys.exit(main())
