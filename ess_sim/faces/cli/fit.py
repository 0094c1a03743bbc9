"""A calibration's fit, printed with its warnings."""

from __future__ import annotations

from ess_sim.analysis.calibration.diagnostics import Fit
from ess_sim.faces.cli.printing import print_records
from ess_sim.faces.cli.terminal import complain

__all__ = ["print_fit"]


def print_fit(fit: Fit) -> None:
    """Targets and parameters before and after, and what to know before using the draws."""
    print("targets: observed (± sd), and real runs of the posterior: expectation and its 95 % range\n")
    rows = fit.targets.to_dict("records")
    print_records(
        [
            {
                "target": r["name"] + ("" if r["fitted"] else " (held out)"),
                "observed": f"{r['value']:.4g} ± {r['sd']:.2g}",
                "prior": f"[{r['prior_low']:.3g}, {r['prior_high']:.3g}]",
                "posterior": f"{r['mean']:.4g} [{r['low']:.3g}, {r['high']:.3g}]",
                "distance in sd": f"{r['distance']:+.1f}".replace("-", "−"),
                "emulator Q²": f"{e['explained']:.2f}",
            }
            for r, e in zip(rows, fit.emulator.to_dict("records"), strict=True)
        ]
    )
    print("parameters: prior median and range, posterior median and 95 % interval\n")
    print_records(
        [
            {
                "parameter": r["name"],
                "prior": f"{r['prior_median']:.3g} [{r['low']:.3g}, {r['high']:.3g}]",
                "posterior": f"{r['median']:.3g} [{r['q025']:.3g}, {r['q975']:.3g}]",
                "prior variance gone": f"{100 * r['contraction']:.0f} %".replace("-", "−"),
                "": "" if r["identified"] else "not identified",
            }
            for r in fit.parameters.to_dict("records")
        ]
    )
    print(f"{fit.effective:.0f} of the last wave's {fit.candidates} points count after weighting by their real runs")
    for text in fit.warnings:
        complain(f"WARNING: {text}")
