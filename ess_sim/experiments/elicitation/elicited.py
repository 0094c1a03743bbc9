"""Draws made of experts' answers, with their provenance: what ``ess-sim run --draws`` takes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ess_sim.arguments import checked
from ess_sim.atomic import write_together
from ess_sim.errors import ArgumentError, ParameterError, ResultsError, whole_number
from ess_sim.experiments.draws.designs import levels
from ess_sim.experiments.draws.origin import ELICITED, as_text, digest_of, outline
from ess_sim.experiments.draws.posterior import Posterior
from ess_sim.experiments.draws.table import MAX_BYTES, MAX_DRAWS
from ess_sim.experiments.elicitation.answers import Answer, Form, read_forms
from ess_sim.experiments.elicitation.pooling import TAIL, Pool, Weights, apart, pool
from ess_sim.inputs.catalogue.parameters import override_problems

__all__ = ["POOLING", "Elicited", "elicited"]


POOLING = {
    "equal": "mixture of the experts' distributions, all with the same weight",
    "column": "mixture of the experts' distributions, by the column weight of the forms",
    "median": "median of the experts' quantiles",
}
"""What each way of pooling does, in words."""


_ROUNDS = 20
_QUANTILES = (0.05, 0.5, 0.95)


@dataclass(frozen=True)
class Elicited:
    """Draws of parameters, and whose answers they come from.

    Attributes
    ----------
    draws : tuple of dict
        Values by parameter.
    pools : tuple of Pool
    forms : tuple of Form
    seed : int
    left_out : int
        Draws that were drawn anew, as two of their parameters cannot be true together.
    """

    draws: tuple[dict[str, float], ...]
    pools: tuple[Pool, ...]
    forms: tuple[Form, ...]
    seed: int
    left_out: int

    def table(self) -> pd.DataFrame:
        """What the answers come to, a row a parameter.

        Returns
        -------
        pandas.DataFrame
            ``parameter``, ``experts`` (how many), ``q05``, ``median``, ``q95`` (pooled, in its unit), ``apart`` (pairs
            of experts whose ranges have no value in common, in words).
        """
        rows = []
        for pooled in self.pools:
            values = pooled.quantiles(np.array(_QUANTILES)).tolist()
            pairs = "; ".join(
                f"{one.expert} {one.low:g}–{one.high:g} and {other.expert} {other.low:g}–{other.high:g}"
                for one, other in apart(pooled.answers)
            )
            rows.append((pooled.parameter, len(pooled.answers), *values, pairs))
        return pd.DataFrame(rows, columns=["parameter", "experts", "q05", "median", "q95", "apart"])

    def provenance(self) -> dict[str, Any]:
        """Who said what, when and why, and what was made of it."""
        by = self.pools[0].by
        parameters = [
            {
                "parameter": pooled.parameter,
                **dict(zip(("q05", "median", "q95"), pooled.quantiles(np.array(_QUANTILES)).tolist(), strict=True)),
                "answers": [asdict(a) | {"share": w} for a, w in zip(pooled.answers, pooled.weights, strict=True)],
                "apart": [[one.expert, other.expert] for one, other in apart(pooled.answers)],
            }
            for pooled in self.pools
        ]
        return {
            "format": ELICITED,
            "ess_sim": version("ess_sim"),
            "pooling": by,
            "pooling_in_words": POOLING[by],
            "distribution": "triangular with its peak at the most likely value, cut off at what is possible",
            "probability_beyond_low_and_high": TAIL,
            "design": "latin-hypercube, parameters independent of each other",
            "draws": len(self.draws),
            "draws_sha256": digest_of(self.draws),
            "seed": self.seed,
            "left_out": self.left_out,
            "forms": [
                {"file": form.file, "sha256": form.digest, "answers": form.answers, "notes": list(form.notes)}
                for form in self.forms
            ],
            "parameters": parameters,
        }

    def posterior(self) -> Posterior:
        """The draws as `ess_sim.run_experiment` takes them, with what results keep of their provenance."""
        return Posterior("elicited", self.draws, {"elicited": outline(self.provenance())})

    def write(self, path: Path | str) -> Path:
        """Write the draws, and their provenance beside them, with the suffix ``.json``, whose path is returned.

        Raises
        ------
        ResultsError
            Where they cannot be written, or are more than a table of draws may hold.
        """
        table, beside = Path(path), Path(path).with_suffix(".json")
        text = as_text(self.draws).encode()
        if len(text) > MAX_BYTES:
            most = len(self.draws) * MAX_BYTES // len(text) // 100 * 100
            what = f"{len(self.draws):,} draws of {len(self.pools)} parameters are more than a table may hold"
            raise ResultsError(f"{table}: {what}, {MAX_BYTES / 1e6:.0f} MB: take {most:,}")
        said = json.dumps(self.provenance(), ensure_ascii=False, indent=1) + "\n"
        write_together({beside: said.encode(), table: text})
        return beside


@checked
def elicited(forms: Sequence[Path | str], *, draws: int, seed: int = 1, weights: Weights = "equal") -> Elicited:
    r"""Draws of what experts answered: what ``ess-sim elicit read`` makes of their forms.

    Each answer is a triangular distribution with 5 % of the probability beyond low and high each; experts are pooled
    parameter by parameter, and the draws are a Latin hypercube, parameters independent of each other.

    Parameters
    ----------
    forms : sequence of path
        Forms of ``ess-sim elicit new`` that were filled in: CSV files, one or more.
    draws : int
        From 1 to 5,000.
    seed : int
        Equal forms, draws and seeds give equal draws, with one version of scipy.
    weights : {"equal", "column", "median"}
        How experts are pooled: a mixture of their distributions, all alike or by the column ``weight`` of the forms; or
        the median of their quantiles.

    Returns
    -------
    Elicited
        ``draws`` (each a mapping of parameter to value, in its unit), ``table()`` (pooled quantiles, a row a
        parameter), ``provenance()``, ``write(path)`` (a CSV file for ``--draws``, its provenance beside it), and
        ``posterior()`` for `ess_sim.run_experiment`.

    Raises
    ------
    ParameterError
        With every fault of every form at its place; or if values of two parameters can hardly be true together.
    ArgumentError
        For numbers out of range, or no form.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     form = Path(folder) / "anne.csv"
    ...     rows = ["parameter,low,most likely,high,why,expert", "informed_share,0.2,0.3,0.5,survey of 2023,Anne"]
    ...     _ = form.write_text("\n".join(rows))
    ...     found = elicited([form], draws=50)
    >>> len(found.draws), found.table().round(2)[["q05", "median", "q95"]].values.tolist()
    (50, [[0.2, 0.33, 0.5]])
    >>> found.posterior().origin
    "answers of 1 expert about 1 parameter (mixture of the experts' distributions, all with the same weight)"
    """
    if not forms:
        raise ArgumentError("no forms: give one or more")
    wanted, seed = whole_number("draws", draws, 1, MAX_DRAWS), whole_number("seed", seed, 0)
    answers, read = read_forms([Path(form) for form in forms])
    if weights == "column":
        _check_weights(answers, read)
    pools = pool(answers, weights)
    found: list[dict[str, float]] = []
    left_out, why = 0, ""
    for number in range(_ROUNDS):
        at = levels(wanted, len(pools), seed + 1_000_003 * number, "latin-hypercube")
        columns = [pooled.quantiles(u).tolist() for pooled, u in zip(pools, at.T, strict=True)]
        for row in zip(*columns, strict=True):
            draw = dict(zip((pooled.parameter for pooled in pools), row, strict=True))
            if problems := override_problems(draw):
                left_out, why = left_out + 1, f"{problems[0][0]}: {problems[0][1]}"
            elif len(found) < wanted:
                found.append(draw)
        if len(found) == wanted:
            return Elicited(tuple(found), pools, read, seed, left_out)
    raise ParameterError(f"the answers can hardly be true together: {left_out} draws were impossible, the last: {why}")


def _check_weights(answers: Sequence[Answer], forms: Sequence[Form]) -> None:
    faults = [
        f"{form.file}: no column weight, by which answers are to be pooled"
        for form in forms
        if form.answers and not form.weighted
    ]
    for name in dict.fromkeys(answer.parameter for answer in answers):
        if not sum(answer.weight for answer in answers if answer.parameter == name):
            faults.append(f"{name}: all weights are 0")
    if faults:
        raise ParameterError("\n".join(faults))
