"""``python -m ess_sim`` is the command ``ess-sim``."""

from ess_sim.faces.cli.app import main

if __name__ == "__main__":
    main()
