"""A results folder: where its files are, which runs it holds whole, and who may write into it.

::

    manifest.json                                   what was asked, with every parameter and digest
    cells/<scenario>/<draw>-<replication>.json      a note for each finished run
    <table>/<scenario>/<draw>-<replication>.parquet its tables
    run.log                                         times, host, what failed: all that differs between executions

`Folder.compact` puts the small files together: ``cells/<scenario>.json`` then holds the notes of a scenario, and
``<table>/<scenario>/packed.parquet`` its tables, a row group a run. Files of a run that lie loose go first.

A run counts from the moment its note is there. The note is written last and holds the SHA-256 of each of its files, so
that whatever a crash, a full disk or a bad sector leaves behind is found out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from ess_sim import atomic
from ess_sim.errors import ResultsError
from ess_sim.results.storage import digest, manifests, parquet
from ess_sim.results.storage.keys import (
    EXTRAS,
    FORMAT,
    NOTE,
    RECORDED,
    RESULTS_VERSION,
    Key,
    Parcel,
    Summary,
)
from ess_sim.results.tables import schema

__all__ = ["Folder"]


@dataclass(frozen=True, eq=False)
class Folder:
    """A results folder.

    Parameters
    ----------
    path : Path
    manifest : dict
        What ``manifest.json`` holds.
    """

    path: Path
    manifest: dict[str, Any]
    _notes: dict[str, dict[str, Any]] = field(default_factory=dict, repr=False)

    @classmethod
    def read(cls, path: Path) -> Folder:
        """The folder at ``path``, to be read.

        Raises
        ------
        ResultsError
            If there are no results, or those of another version.
        """
        manifest = manifests.read_manifest(path / "manifest.json")
        if manifest.get("format") != FORMAT:
            raise ResultsError(f"{path / 'manifest.json'}: not a manifest of ess_sim results")
        if manifest.get("results_version") != RESULTS_VERSION:
            found = manifest.get("results_version")
            raise ResultsError(
                f"{path / 'manifest.json'}: results of version {found!r}; this ess_sim reads version "
                f"{RESULTS_VERSION}: choose another folder, or remove this one"
            )
        there = manifest.get("recorded")
        if there != RECORDED:
            raise ResultsError(
                f"{path / 'manifest.json'}: results {_other(there)}, unlike those of this ess_sim: choose another "
                "folder, or remove this one"
            )
        return cls(path, manifest)

    @classmethod
    def open(cls, path: Path, manifest: dict[str, Any], *, overwrite: bool) -> Folder:
        """The folder at ``path``, to be written into: new, or with results of the same experiment to go on from.

        Parameters
        ----------
        manifest : dict
            What is asked now. Runs of other scenarios of the same seed may be there and stay.
        overwrite : bool
            Remove results of another experiment first.

        Raises
        ------
        ResultsError
            If the folder holds something else, or cannot be written.
        """
        if not (path / "manifest.json").is_file():
            atomic.check_output_folder(path)
        else:
            if manifests.read_manifest(path / "manifest.json").get("format") != FORMAT:
                raise ResultsError(
                    f"{path}: the folder holds a manifest.json that is not of ess_sim results: choose another"
                )
            earlier = cls.read(path)
            if _same(earlier.manifest, manifest):
                asked = set(manifest["order"])  # what is asked now decides, also that one of them has no baseline
                kept = {name: base for name, base in earlier.manifest["baselines"].items() if name not in asked}
                manifest["baselines"] = kept | manifest["baselines"]
                for name in earlier.manifest["order"]:
                    if name not in manifest["order"]:
                        manifest["order"].append(name)
                        manifest["scenarios"][name] = earlier.manifest["scenarios"][name]
                manifest["replications"] = max(manifest["replications"], earlier.manifest["replications"])
            elif overwrite:
                earlier.clear()
            else:
                raise ResultsError(
                    f"{path}: the folder holds results of {_described(earlier.manifest)}, not of "
                    f"{_described(manifest)}: choose another folder, or replace them with --overwrite (overwrite=True)"
                )
        manifest["complete"] = False
        manifests.write_manifest(path / "manifest.json", manifest)
        for left_over in path.rglob(".*.part"):
            left_over.unlink()
        for name in EXTRAS:
            (path / name).unlink(missing_ok=True)
        return cls(path, manifest)

    def clear(self) -> None:
        """Removes every file that the manifest speaks of, and the folders that this leaves empty."""
        for name in self.manifest["order"]:
            self._packed_notes(name).unlink(missing_ok=True)
            self._notes.pop(name, None)
            for key in self._loose(name):
                self.remove(key)
            for note in (self.path / "cells" / name).glob("*.failed.json"):
                note.unlink()
            for table in schema.SCHEMAS:
                self._pack(name, table).unlink(missing_ok=True)
            for place in ("cells", *schema.SCHEMAS):
                with suppress(OSError):
                    (self.path / place / name).rmdir()
        for place in ("cells", *schema.SCHEMAS):
            with suppress(OSError):
                (self.path / place).rmdir()

    # --- runs -----------------------------------------------------------------------------------------------------

    def _note(self, key: Key) -> Path:
        return self.path / "cells" / key.scenario / f"{key.stem}.json"

    def _failure(self, key: Key) -> Path:
        return self.path / "cells" / key.scenario / f"{key.stem}.failed.json"

    def table_path(self, key: Key, table: str) -> Path:
        """Where one table of one run is.

        >>> Folder(Path("out"), {}).table_path(Key("laval", 0, 3), "flows").as_posix()
        'out/flows/laval/0000-0003.parquet'
        """
        return self.path / table / key.scenario / f"{key.stem}.parquet"

    def _pack(self, scenario: str, table: str) -> Path:
        return self.path / table / scenario / "packed.parquet"

    def _packed_notes(self, scenario: str) -> Path:
        return self.path / "cells" / f"{scenario}.json"

    def _packed(self, scenario: str) -> dict[str, Any]:
        """Notes of packed runs, by their stem."""
        if not self._notes.get(scenario):  # another process may have packed them since
            path = self._packed_notes(scenario)
            self._notes[scenario] = manifests.read_manifest(path) if path.is_file() else {}
        return self._notes[scenario]

    def _loose(self, scenario: str) -> list[Key]:
        names = (p.name for p in (self.path / "cells" / scenario).glob("*.json"))
        return sorted(Key(scenario, int(m[1]), int(m[2])) for n in names if (m := NOTE.fullmatch(n)))

    def _keys(self, scenario: str) -> list[Key]:
        packed = {Key(scenario, *map(int, stem.split("-"))) for stem in self._packed(scenario)}
        return sorted(packed.union(self._loose(scenario)))

    def finished(self) -> list[Key]:
        """The runs there are, by scenario in the manifest's order, then draw and replication."""
        return [key for name in self.manifest["order"] for key in self._keys(name)]

    def failures(self) -> list[Key]:
        """The runs that failed."""
        paths = [p for name in self.manifest["order"] for p in (self.path / "cells" / name).glob("*.failed.json")]
        return sorted(Key(p.parent.name, *map(int, p.name.split(".")[0].split("-"))) for p in paths)

    def note(self, key: Key) -> dict[str, Any]:
        """The note of a finished run."""
        packed = self._packed(key.scenario)
        if key.stem in packed and not self._note(key).is_file():
            note: dict[str, Any] = packed[key.stem]
            return note
        return manifests.read_manifest(self._note(key))

    def table(self, key: Key, table: str) -> pd.DataFrame:
        """One table of one run, as it was written."""
        if key.stem in self._packed(key.scenario) and not self._note(key).is_file():
            return parquet.read_part(self._pack(key.scenario, table), key.stem)
        return parquet.read_table(self.table_path(key, table))

    def add(self, key: Key, parcel: Parcel) -> None:
        """Writes a finished run.

        Raises
        ------
        ResultsError
            If it cannot be written; then nothing of it counts.
        """
        for table, data in parcel.files.items():
            atomic.write_atomically(self.table_path(key, table), data)
        manifests.write_manifest(self._note(key), parcel.note)
        self._failure(key).unlink(missing_ok=True)

    def fail(self, key: Key, summary: str, traceback: str) -> None:
        """Writes down that a run failed."""
        manifests.write_manifest(self._failure(key), {"summary": summary, "traceback": traceback})

    def sound(self, key: Key, wanted: Mapping[str, Any]) -> bool:
        """Whether a run is there, is the one wanted, and every byte of it is as it was written.

        Parameters
        ----------
        wanted : mapping
            Entries that its note must have, e.g. the scenario's digest.
        """
        try:
            note = self.note(key)
            if {name: note.get(name) for name in wanted} != dict(wanted) or set(note["files"]) != set(schema.SCHEMAS):
                return False
            if not self._note(key).is_file():
                return all(digest.table_digest(self.table(key, t)) == said for t, said in note["content"].items())
            return all(
                hashlib.sha256(self.table_path(key, table).read_bytes()).hexdigest() == said
                for table, said in note["files"].items()
            )
        except (ResultsError, OSError, KeyError, TypeError):
            return False

    def remove(self, key: Key) -> None:
        """Removes a run: its note first, so that no half of it counts."""
        packed = self._packed(key.scenario)
        if packed.pop(key.stem, None) is not None:
            manifests.write_manifest(self._packed_notes(key.scenario), packed)
        self._note(key).unlink(missing_ok=True)
        for table in schema.SCHEMAS:
            self.table_path(key, table).unlink(missing_ok=True)

    def summary(self, scenario: str) -> Summary:
        """What the finished runs of a scenario rest on."""
        read: set[str] = set()
        assumed: set[str] = set()
        digest = hashlib.sha256()
        for key in self._keys(scenario):
            note = self.note(key)
            read.update(note["read"])
            assumed.update(note["assumed"])
            digest.update(json.dumps([key.draw, key.replication, note["content"]], sort_keys=True).encode())
        grades = {p["name"]: p["grade"] for p in self.manifest["scenarios"][scenario]["parameters"]}
        grade_d = tuple(sorted(name for name in read if grades.get(name) == "D"))
        return Summary(tuple(sorted(read)), grade_d, tuple(sorted(assumed)), digest.hexdigest())

    def compact(self) -> int:
        """Puts the small files of each scenario together, one file a table; returns the number of runs.

        Nothing is lost if it is interrupted: the small files go when the large ones are whole.
        """
        for name in self.manifest["order"]:
            keys, loose = self._keys(name), self._loose(name)
            if not loose:
                continue
            for table in schema.SCHEMAS:
                parts = ((key.stem, self.table(key, table)) for key in keys)
                parquet.write_parts(self._pack(name, table), parts)
            notes = {key.stem: self.note(key) for key in keys}
            manifests.write_manifest(self._packed_notes(name), notes)
            self._notes[name] = notes
            for key in loose:
                self._note(key).unlink()
                for table in schema.SCHEMAS:
                    self.table_path(key, table).unlink()
        return len(self.finished())

    def close(self, expected: int) -> int:
        """Writes the manifest of what is there; returns the number of runs.

        Parameters
        ----------
        expected : int
            Runs that make the results complete.
        """
        finished = self.finished()
        for name in self.manifest["order"]:
            said, summary = self.manifest["scenarios"][name], self.summary(name)
            said["parameters"] = [p | {"read": p["name"] in summary.read} for p in said["parameters"]]
            said["grade_d_read"] = len(summary.grade_d)
            said["assumed"] = list(summary.assumed)
            said["runs"] = sum(key.scenario == name for key in finished)
            said["content"] = summary.digest
        self.manifest["complete"] = len(finished) >= expected and not self.failures()
        manifests.write_manifest(self.path / "manifest.json", self.manifest)
        return len(finished)

    # --- executions -----------------------------------------------------------------------------------------------

    def log(self, text: str) -> None:
        """Adds a line to ``run.log``, the only file in which one execution differs from another."""
        path = self.path / "run.log"
        try:
            with path.open("a", encoding="utf-8") as file:
                file.write(f"{datetime.now().astimezone().isoformat(timespec='seconds')} {text}\n")
        except OSError as error:
            raise ResultsError(f"{path}: cannot be written ({error.strerror or error})") from error


def _same(earlier: Mapping[str, Any], manifest: Mapping[str, Any]) -> bool:
    """Whether two manifests speak of one experiment, of which one may ask for more runs or scenarios."""
    common = sorted(set(earlier["order"]) & set(manifest["order"]))

    def key(one: Mapping[str, Any]) -> Any:
        digests = [(n, one["scenarios"][n]["digest"], one["scenarios"][n]["territory"]["digest"]) for n in common]
        return digests, one["seed"], one["draws"], one["ess_sim"]

    return bool(common) and bool(key(earlier) == key(manifest))


def _other(recorded: Any) -> str:
    """How what a folder's runs recorded differs from what runs record now."""
    there, here = (
        [name for names in said.values() if isinstance(names, list) for name in names] if isinstance(said, dict) else []
        for said in (recorded, RECORDED)
    )
    odd = {"without": [n for n in here if n not in there], "with": [n for n in there if n not in here]}
    return " and ".join(f"{how} {', '.join(map(str, n))}" for how, n in odd.items() if n) or "recorded in another order"


def _described(manifest: Mapping[str, Any]) -> str:
    names = ", ".join(f"{n} ({manifest['scenarios'][n]['digest'][:8]})" for n in manifest["order"])
    drawn = manifest["draws"]
    draws = f", {drawn['n']} draws ({drawn['method']})" if drawn else ""
    return f"{names}, seed {manifest['seed']}{draws}, ess_sim {manifest['ess_sim']}"
