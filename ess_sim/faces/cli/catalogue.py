"""The commands that list what the package offers, and check or explain a user's files."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from ess_sim.errors import EssSimError, Problem, ResultsError, ScenarioError
from ess_sim.faces.cli.parts.terminal import AllowCode, check_choice

__all__ = ["describe", "explain", "keys", "parameters", "policies", "scenarios", "schema", "territories", "validate"]


def validate(
    files: Annotated[list[Path], typer.Argument(help="Scenario files (YAML).", show_default=False)],
    size: Annotated[bool, typer.Option("--size", help="Say about how much memory, time and disk runs take.")] = False,
    allow_code: AllowCode = False,
) -> None:
    """Check scenario, batch and calibration files: every problem at its file, line and column. Nothing is run.

    \b
    Examples:
      ess-sim validate my-scenarios/laval/*.yaml
      ess-sim validate batch.yaml
      ess-sim validate --size batch.yaml      memory, time and disk, before anything runs
    """
    from ess_sim.analysis.calibration.targets import read_calibration
    from ess_sim.experiments.alike import alike
    from ess_sim.experiments.batches.batch import read_batch
    from ess_sim.experiments.estimate import estimated, fewer_tables, in_bytes, memory_here, size_of
    from ess_sim.faces.cli.parts.reading import binding, read_files, trees_of
    from ess_sim.inputs.documents.reader import top_keys
    from ess_sim.model.run.prepare import prepare
    from ess_sim.results.keeping import Keep

    scenario_files = []
    faults: list[Problem] = []
    said = {}
    warnings: dict[Path, list[str]] = {}
    notes: dict[Path, list[str]] = {}
    same: list[str] = []
    sizes: dict[Path, list[str]] = {}
    for path in files:
        keys = top_keys(path)
        try:
            if "batch" in keys:
                batch = read_batch(path, allow_code=allow_code)
                said[path] = f"{batch.name}: a batch"
                found = binding(batch.scenarios, batch.trees)
                warnings[path] = [f"{line} ({names})" for line, names in found.certain.items()]
                warnings[path] += alike(batch.scenarios)
                notes[path] = [f"{line} ({names})" for line, names in found.expected.items()]
                drawn = batch.draws if isinstance(batch.draws, int) else len(batch.draws or [0])
                if size:
                    kept = Keep.of(batch.keep, batch.snapshots)
                    sizes[path] = [estimated(batch.scenarios, batch.replications * drawn, kept).words]
            elif "calibration" in keys:
                said[path] = f"{read_calibration(path, allow_code=allow_code).name}: a calibration"
            else:
                scenario_files.append(path)
        except ScenarioError as error:
            faults += error.problems
    try:
        scenarios = read_files(scenario_files, allow_code=allow_code)
        trees = trees_of(scenario_files, allow_code=allow_code)
        for path, scenario in zip(scenario_files, scenarios, strict=True):
            territory = prepare(scenario)
            kinds = ", ".join(str(p.to_block()["kind"]) for p in scenario.policies) or "no policy"
            said[path] = f"{scenario.name}: {scenario.start} to {scenario.calendar.end}, {territory.name}, {kinds}"
            found = binding([scenario], trees)
            warnings[path], notes[path] = list(found.certain), list(found.expected)
            if size:
                estimate, here = estimated([scenario], 1), memory_here()
                sizes[path] = [size_of(scenario).words, estimate.words]
                if here is not None and estimate.memory > here:
                    fewer = fewer_tables([scenario], here)
                    sizes[path].append(f"this machine has {in_bytes(here)} of memory: it is not run here{fewer}")
        same = list(alike(scenarios))
    except ScenarioError as error:
        faults += error.problems
    if faults:
        raise ScenarioError(faults)
    for path in files:
        print(f"{path}: {said[path]}: valid")
        for line in warnings.get(path, ()):
            print(f"  warning: {line}")
        for line in notes.get(path, ()):
            print(f"  note: {line}")
        for line in sizes.get(path, ()):
            print(f"  size: {line}")
    for line in same:
        print(f"warning: {line}")


def explain(
    file: Annotated[Path, typer.Argument(help="Scenario file (YAML).", show_default=False)],
    baseline: Annotated[
        Path | None,
        typer.Option("--baseline", "-b", help="Scenario file to compare with. (default: the file that it extends)"),
    ] = None,
    lang: Annotated[str, typer.Option("--lang", help="en or fr.")] = "en",
    allow_code: AllowCode = False,
) -> None:
    """Say in plain words what a scenario changes against its baseline.

    \b
    Example:
      ess-sim explain scenarios/laval/smp.yaml --lang fr
    """
    from ess_sim.faces.cli.parts.reading import read_files
    from ess_sim.faces.explanation.text import explain as explained
    from ess_sim.inputs.scenario.files import baseline_of

    other = baseline if baseline is not None else baseline_of(file)
    found = read_files([file] if other is None else [file, other], allow_code=allow_code)
    check_choice("--lang", lang, ("en", "fr"))
    print(explained(*found, lang=lang), end="")  # type: ignore[arg-type]


def describe(
    file: Annotated[Path, typer.Argument(help="Scenario file (YAML).", show_default=False)],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="PICTURE", help="Draw it, too: a .png, .svg or .pdf file; replaced if there."
        ),
    ] = None,
    lang: Annotated[str, typer.Option("--lang", help="en or fr.")] = "en",
    allow_code: AllowCode = False,
) -> None:
    """Show what a run would start from, before any run.

    Residents by age, GPs by zone and age, adults per GP, minutes to the nearest GP, adults without médecin traitant on
    day 0, and every input with its grade: what is measured, what is assumed, and which local figures would help most.

    \b
    Examples:
      ess-sim describe scenarios/laval/baseline.yaml
      ess-sim describe scenarios/laval/baseline.yaml --out laval.png --lang fr
    """
    from ess_sim.faces.cli.parts.reading import read_files
    from ess_sim.faces.reports.description.description import describe as described

    (scenario,) = read_files([file], allow_code=allow_code)
    check_choice("--lang", lang, ("en", "fr"))
    picture = _checked_picture(out) if out is not None else None
    found = described(scenario)
    if picture is not None:  # files first: the reader of a pipe may stop reading
        found.draw(picture, lang)  # type: ignore[arg-type]
    print(found.text(lang), end="")  # type: ignore[arg-type]
    if picture is not None:
        print(f"\n{'picture':11} {picture}")


def _checked_picture(out: Path) -> Path:
    """The file that a picture is written to, before anything is computed."""
    from ess_sim.faces.cli.parts.printing import without_matplotlib

    try:
        from ess_sim.faces.figures.style import target_file
    except Exception as error:  # whatever a matplotlibrc or a variable of the environment makes matplotlib raise
        raise EssSimError(f"{out}: {without_matplotlib(error)}") from error
    return target_file(out)


def scenarios(
    copy: Annotated[
        Path | None, typer.Option("--copy", metavar="DIR", help="Copy them to a folder; nothing there is overwritten.")
    ] = None,
    lang: Annotated[str, typer.Option("--lang", help="Language of the titles: en or fr.")] = "en",
) -> None:
    """List the scenarios that come with the package, or copy them to change them.

    Beside copies lies scenario.schema.json, by which editors complete and check them (see ess-sim schema).

    \b
    Example:
      ess-sim scenarios --copy my-scenarios
    """
    from ess_sim.atomic import write_atomically
    from ess_sim.faces.cli.parts.reading import read_files
    from ess_sim.faces.schema.beside import header, write_beside
    from ess_sim.inputs.catalogue.bundled import scenarios_dir
    from ess_sim.inputs.languages.bilingual import in_language

    check_choice("--lang", lang, ("en", "fr"))
    source = scenarios_dir()
    paths = sorted(p for p in source.rglob("[!.]*") if p.is_file())
    if copy is None:
        for path in paths:
            if path.suffix == ".yaml":
                print(f"{path}\n    {in_language(read_files([path])[0].title, lang) or path.stem}")  # type: ignore[arg-type]
        return
    targets = [copy / p.relative_to(source) for p in paths]
    there = [t for t in targets if t.exists()]
    if there:
        raise ResultsError("\n".join(f"{t}: there already: nothing was copied" for t in there))
    for path, target in zip(paths, targets, strict=True):
        data = path.read_bytes()
        if path.suffix == ".yaml":
            data = header(len(path.relative_to(source).parts) - 1).encode() + data
        write_atomically(target, data)
        print(target)
    if (written := write_beside(copy)) is not None:
        print(written)


def schema(
    batch: Annotated[bool, typer.Option("--batch", help="That of batch files.")] = False,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Write it to a file; replaced if there.")
    ] = None,
) -> None:
    """Print the JSON Schema of scenario files, by which editors complete, explain and check them.

    A file names it in its first line: # yaml-language-server: $schema=scenario.schema.json

    \b
    Examples:
      ess-sim schema > scenario.schema.json
      ess-sim schema --batch --out batch.schema.json
    """
    from ess_sim.atomic import write_atomically
    from ess_sim.faces.cli.parts.targets import file_to_write
    from ess_sim.faces.schema.batch_schema import batch_schema
    from ess_sim.faces.schema.beside import schema_text
    from ess_sim.faces.schema.scenario_schema import scenario_schema

    if out is not None:
        out = file_to_write("--out", out, ".json")
    text = schema_text(batch_schema() if batch else scenario_schema())
    if out is None:
        print(text, end="")
        return
    write_atomically(out, text.encode())
    print(out)


def territories(
    text: Annotated[str, typer.Argument(help="Part of a name, or the beginning of a code.", show_default=False)] = "",
) -> None:
    """Find a territory by a part of its name: EPCI, EPT of Grand Paris, département, région or commune.

    The kind is the key of a scenario's `territory`, which takes the code or the whole name.

    \b
    Example:
      ess-sim territories laval
    """
    from ess_sim.faces.cli.parts.printing import fitted, print_table
    from ess_sim.inputs.territory.countries.registry import KINDS, country_of
    from ess_sim.inputs.territory.countries.search import search_territories

    found = search_territories(text)
    if found.empty:
        *labels, last = (kind.label for kind in KINDS.values())
        raise ResultsError(f"no {', '.join(labels)} or {last} holds {text!r} in its name or code")
    columns = {"kind": "kind", "code": "code", "name": "name", "departement": "dép.", "population": "population"}
    table = found[list(columns)].rename(columns=columns)
    others = sum(2 + max(len(c), *table[c].astype(str).str.len()) for c in table.columns if c != "name")
    table["name"] = fitted(list(table["name"]), shutil.get_terminal_size((80, 24)).columns - others)
    print_table(table)
    of = dict.fromkeys(country_of(key).population for key in found["kind"].unique())
    print(f"population: {', '.join(of)}; a run takes its first year's")


def policies() -> None:
    """List the kinds of policies with their fields, as a scenario file names them."""
    from ess_sim.model.policies.registry import KINDS

    for kind, model in sorted(KINDS.items()):
        print(f"{kind}\n    {model.about}")
        schema = model.model_json_schema()
        _print_fields(schema, schema.get("$defs", {}), "    ")
        print()
    print(
        "One of your own, a subclass of ess_sim.Policy, is named by its path: kind: my_module:MyPolicy (--allow-code)"
    )


def _print_whole(page: Callable[[], str], text: str) -> None:
    """A page as the documentation holds it, which no text cuts."""
    if text:
        raise ResultsError("--markdown is the whole page: leave out the text")
    print(page(), end="")


def keys(
    text: Annotated[str, typer.Argument(help="Part of a key, or of what it means.", show_default=False)] = "",
    markdown: Annotated[
        bool, typer.Option("--markdown", help="The whole page, as docs/territory.md holds it.")
    ] = False,
) -> None:
    """List every key of a scenario file: what it takes, what holds without it, what it means.

    \b
    Examples:
      ess-sim keys never_declared
      ess-sim keys --markdown > docs/territory.md
    """
    from ess_sim.faces.cli.parts.printing import print_table
    from ess_sim.faces.explanation.keys import key_table, territory_page

    if markdown:
        _print_whole(territory_page, text)
        return
    table = key_table(text)
    if table.empty:
        raise ResultsError(f"no key of a scenario file holds {text!r} in its name or in what it means")
    print_table(table)


def parameters(
    text: Annotated[str, typer.Argument(help="Part of a name, or of what it does.", show_default=False)] = "",
    markdown: Annotated[
        bool, typer.Option("--markdown", help="The whole page with sources, as docs/parameters.md holds it.")
    ] = False,
) -> None:
    """List the parameters: value, defensible range, grade of the evidence, and which modules read them.

    \b
    Examples:
      ess-sim parameters handover
      ess-sim parameters --markdown > docs/parameters.md
    """
    from ess_sim.faces.cli.parts.printing import print_table
    from ess_sim.faces.reports.parameter_page import parameter_page, parameter_table

    if markdown:
        _print_whole(parameter_page, text)
        return
    table = parameter_table(text)
    if table.empty:
        raise ResultsError(f"no parameter holds {text!r} in its name or in what it does")
    for subject, rows in table.groupby("subject", sort=False):
        print(f"{subject}\n")
        print_table(rows[["name", "value", "range", "unit", "grade", "read by", "only with"]])
        print()


def _print_fields(schema: dict[str, Any], models: dict[str, Any], indent: str) -> None:
    from ess_sim.faces.explanation.keys import default_of, type_of

    required = schema.get("required", [])
    for name, said in schema.get("properties", {}).items():
        options = [o for o in (said.get("anyOf") or said.get("allOf") or [said]) if o.get("type") != "null"]
        default = default_of(said, required=name in required)
        nested = [models[o["$ref"].rsplit("/", 1)[-1]] for o in options if "$ref" in o]
        words = " or ".join(dict.fromkeys(type_of(o) for o in options))
        print(f"{indent}{name}: {words} ({default if default == 'required' else f'default {default}'})")
        for model in nested:
            _print_fields(model, models, indent + "    ")
