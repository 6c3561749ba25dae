#!/usr/bin/env python3
"""Time our projectors of volumes beside other programs, and compare their images. scripts/bench-peers
installs and builds what this needs.

Times. All programs project the same volume of attenuation coefficients (a MetaImage of floats) from the same
view (30 degrees) on two threads, and take turns: each round every program has one turn, in an order that
rotates, so that whatever else the machine does hits all of them. A turn of ours, RTK's or PyTorch's is as
many projections by a running process as fill 0.15 s, the first one ever left out. A turn of plastimatch is
a process that makes one projection and reports its time: "Total time" less "I/O time" (the image that it
writes). Its total leaves out the reading of the volume: for W2 and 8 x 8 pixels the process takes 0.8 s and
reports 0.012. The table has the median over rounds, and the median over rounds of the ratio to joseph in the
same round. Ours hold copies of the volume that suit them (joseph-plain does not): "first" is the time from the CT in memory to the
end of the first projection, conversion to attenuation and copies included.

Agreement. Relative RMS difference, sqrt(sum (a - b)^2 / sum b^2), and the largest difference over the
largest value; over all pixels and over those whose ray meets none of the outer two layers of voxels where
something attenuates. plastimatch leaves out or repeats voxels where a ray leaves the volume (docs/projectors.md, "Other
programs: agreement"), so it is also given the volume with two voxels of air around ("in air"). A limit
that is exceeded ends the program with exit code 1.

Where plastimatch is not installed, or the only case is the chest and its data is absent, the exit code is
77 (skipped)."""

import argparse
import array
import json
import math
import os
import re
import shutil
import statistics
import subprocess
import sys
import tarfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
THREADS = 2
ANGLE_DEG = 30
CHEST = "ct/chest-lidc-0314.dicom.tar.xz"
# A program that needs longer for a projection has one turn only.
SLOW_MS = 20e3
SKIPPED = 77

# Ours, theirs, and the most that their images may differ by in relative RMS where the methods are alike:
# everywhere, and away from the volume's border.
PAIRS = [
    ("siddon", "plastimatch-exact", None, 1e-3),
    ("siddon", "plastimatch-exact in air", 1e-3, 1e-3),
    ("siddon", "diffdrr-siddon", 1e-3, 1e-3),
    ("joseph", "itk", 1e-2, 1e-2),
    ("joseph", "joseph-int16", 1e-3, 1e-3),
    ("joseph", "rtk-joseph", None, 1e-2),
    ("trilinear", "plastimatch-uniform", None, 1e-2),
    ("trilinear", "plastimatch-uniform in air", 1e-2, 1e-2),
    ("trilinear", "diffdrr-trilinear", 1e-2, 1e-2),
    ("trilinear", "nanodrr", 1e-2, 1e-2),
    ("trilinear", "trilinear@0.05", 1e-3, 1e-3),
]


class Worker:
    """A process that projects on request; projection_worker.cpp has the requests."""

    def __init__(self, command, names):
        self.names = names
        self.command = command
        # Threads that wait must not spin while others have their turn.
        limits = {
            "OMP_NUM_THREADS": str(THREADS),
            "OMP_WAIT_POLICY": "passive",
            "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS": str(THREADS),
        }
        self.process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | limits,
        )

    def ask(self, request):
        self.process.stdin.write(request + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        if not answer or answer.startswith("error"):
            sys.exit(f"{self.command[0]} did not answer '{request.split()[0]}': {answer or 'it ended'}")
        return answer

    def view(self, geometry):
        self.ask("view " + json.dumps(geometry))

    def time(self, name):
        return float(self.ask(f"time {name}"))

    def image(self, name, path):
        self.ask(f"image {name} {path}")
        return read_floats(path)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Plastimatch:
    """plastimatch drr, a process for each projection."""

    def __init__(self, volume, folder, suffix=""):
        self.names = ["plastimatch-exact" + suffix, "plastimatch-uniform" + suffix]
        self.volume, self.prefix = volume, folder / "plastimatch-"

    def view(self, geometry):
        self.geometry = geometry

    def project(self, name):
        g = self.geometry
        side = g["pixels"] * g["pitch_mm"]
        # -P none: the volume holds attenuation, no HU. -n and --vup, since -y is taken for radians.
        command = ["plastimatch", "drr", "-A", "cpu", "-t", "raw", "-P", "none"]
        command += ["-i", name.removeprefix("plastimatch-").split()[0]]
        command += ["--sad", str(g["source_isocentre_mm"]), "--sid", str(g["sdd_mm"]), "-o", "0 0 0"]
        command += ["-r", f"{g['pixels']} {g['pixels']}", "-z", f"{side} {side}"]
        command += ["-n", vector(g["along_beam"], -1), "--vup", vector(g["along_rows"], -1)]
        command += ["-O", str(self.prefix), str(self.volume)]
        environment = os.environ | {"OMP_NUM_THREADS": str(THREADS)}
        run = subprocess.run(command, capture_output=True, text=True, env=environment)
        if run.returncode != 0:
            sys.exit(f"{' '.join(command)}\n{run.stdout}{run.stderr}plastimatch failed")
        return run.stdout

    def time(self, name):
        output = self.project(name)
        total = re.search(r"Total time: (\S+) sec", output)
        writing = re.search(r"I/O time: (\S+) sec", output)
        return 1e3 * (float(total[1]) - float(writing[1]))

    def image(self, name, path):
        self.project(name)
        Path(f"{self.prefix}0000.raw").replace(path)
        # It divides by 10, for mm to cm.
        return array.array("f", (10.0 * value for value in read_floats(path)))


def vector(values, sign):
    return " ".join(f"{sign * value:.15g}" for value in values)


def read_floats(path):
    values = array.array("f")
    values.frombytes(Path(path).read_bytes())
    return values


def unpack_chest(archive, folder):
    """The DICOM files of the archive, by their names alone; returns the folder that holds them."""
    folder.mkdir(parents=True, exist_ok=True)
    if not any(folder.iterdir()):
        with tarfile.open(archive) as tar:
            for member in tar:
                if member.isfile() and member.name.endswith(".dcm"):
                    (folder / Path(member.name).name).write_bytes(tar.extractfile(member).read())
    return folder


class Case:
    """A volume, and the programs that have it loaded."""

    def __init__(self, name, options):
        self.name = name
        folder = options.output / name
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        what = unpack_chest(options.realdata / CHEST, folder / "dicom") if name == "chest" else name
        ours = ["joseph", "joseph-int16", "joseph-plain", "siddon", "trilinear", "itk"]
        self.ours = Worker([options.worker, what, THREADS], ours)
        volume = folder / "volume.mha"
        self.ours.ask(f"volume {volume} 0")
        self.programs = [self.ours, Plastimatch(volume, folder)]
        if options.python:
            python = options.output / "venv/bin/python"
            for script, names in (
                ("rtk_worker.py", ["rtk-joseph"]),
                ("torch_worker.py", ["diffdrr-siddon", "diffdrr-trilinear", "nanodrr"]),
            ):
                self.programs.append(Worker([python, HERE / script, volume, THREADS], names))
        self.of = {name: program for program in self.programs for name in program.names}

    def also_for_comparison(self):
        """More programs, which are not timed."""
        in_air = self.folder / "in-air.mha"
        self.ours.ask(f"volume {in_air} 2")
        self.programs.append(Plastimatch(in_air, self.folder, " in air"))
        self.of |= {name: self.programs[-1] for name in self.programs[-1].names}
        self.of["trilinear@0.05"] = self.ours

    def view(self, angle_deg):
        geometry = json.loads(self.ours.ask(f"view {angle_deg}"))
        for program in self.programs[1:]:
            program.view(geometry)

    def close(self):
        for program in self.programs:
            if isinstance(program, Worker):
                program.close()
        for volume in self.folder.glob("*.mha"):
            volume.unlink()


def time_case(case, rounds):
    """{name: [ms of each round, None where it had no turn]} and {name: ms of the first projection}."""
    case.view(ANGLE_DEG)
    first = {name: float(case.ours.ask(f"first {name}")) for name in case.ours.names}
    names = list(case.of)
    times = {name: [] for name in names}
    for number in range(rounds):
        start = number % len(names)
        for name in names[start:] + names[:start]:
            slow = any(value > SLOW_MS for value in times[name] if value is not None)
            times[name].append(None if slow else case.of[name].time(name))
            progress(f"{case.name}: round {number + 1} of {rounds}, {name}")
    return times, first


def ratios_to_joseph(times):
    return {
        name: [value / base for value, base in zip(values, times["joseph"]) if value is not None]
        for name, values in times.items()
    }


def difference(ours, theirs, border):
    """Relative RMS and largest differences, everywhere and away from the border."""

    def measure(chosen):
        squares = norm = most = top = 0.0
        for a, b in chosen:
            squares += (a - b) * (a - b)
            norm += b * b
            most = max(most, abs(a - b))
            top = max(top, b)
        return (math.sqrt(squares / norm), most / top) if norm > 0.0 else (math.nan, math.nan)

    away = [(a, b) for a, b, shell in zip(ours, theirs, border) if shell == 0.0]
    all_rms, all_most = measure(zip(ours, theirs))
    away_rms, away_most = measure(away)
    return {
        "rms": all_rms,
        "largest": all_most,
        "away_rms": away_rms,
        "away_largest": away_most,
        "border_pixels": 1.0 - len(away) / len(ours),
        "mean": sum(ours) / sum(theirs) - 1.0,
    }


def compare_case(case, angles_deg):
    rows = []
    case.also_for_comparison()
    for angle in angles_deg:
        case.view(angle)
        images = {}
        for name, program in case.of.items():
            progress(f"{case.name}: image of {name} at {angle:g} degrees")
            images[name] = program.image(name, case.folder / f"{name.replace(' ', '-')}-{angle:g}.raw")
        path = case.folder / f"border-{angle:g}.raw"
        case.ours.ask(f"border {path}")
        border = read_floats(path)
        for ours, theirs, limit, away_limit in PAIRS:
            if theirs not in images:
                continue
            row = {"case": case.name, "angle_deg": angle, "ours": ours, "theirs": theirs}
            row |= difference(images[ours], images[theirs], border)
            row |= {"limit": limit, "away_limit": away_limit}
            row["ok"] = not (
                (limit is not None and not row["rms"] <= limit) or not row["away_rms"] <= away_limit
            )
            rows.append(row)
    return rows


def progress(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def table(head, rows):
    widths = [max(len(row[n]) for row in [head, *rows]) for n in range(len(head))]

    def line(cells):
        padded = [cell.ljust(w) if n < 1 else cell.rjust(w) for n, (cell, w) in enumerate(zip(cells, widths))]
        return "| " + " | ".join(padded) + " |"

    print(line(head))
    print("|" + "|".join("-" * (w + 1) + ("-" if n < 1 else ":") for n, w in enumerate(widths)) + "|")
    for row in rows:
        print(line(row))


def print_times(results, rounds):
    progress("")
    head = ["projector"]
    for name in results:
        head += [f"{name} ms", "/ joseph", "first"]
    rows = []
    for name in next(iter(results.values()))["times_ms"]:
        row = [name]
        for result in results.values():
            values = [value for value in result["times_ms"][name] if value is not None]
            first = result["first_ms"].get(name)
            row += [
                f"{statistics.median(values):.{0 if values[0] >= 100 else 1}f}",
                f"{statistics.median(result['ratios'][name]):.2f}",
                f"{first:.0f}" if first else "",
            ]
        rows.append(row)
    turns = ", ".join(f"{rounds[name]} for {name}" for name in results)
    print(
        f"\nms a projection at {ANGLE_DEG} degrees on {THREADS} threads, reading and writing left out; medians of "
        f"interleaved rounds ({turns}).\nRatios are to joseph in the same round. first: with conversion "
        "and copies of the volume.\n"
    )
    table(head, rows)


def print_agreement(rows):
    progress("")
    print(
        "\nDifferences in %: relative RMS, and the largest over the largest value; then those of rays away from "
        "the volume's border.\n"
    )

    def percent(value):
        return "-" if math.isnan(value) else f"{100 * value:.2g}"

    def limits(row):
        return " / ".join("-" if row[key] is None else percent(row[key]) for key in ("limit", "away_limit"))

    table(
        ["case", "ours", "theirs", "RMS", "largest", "mean", "away: RMS", "largest", "at border", "limits"],
        [
            [
                f"{row['case']} {row['angle_deg']:g}",
                row["ours"],
                row["theirs"],
                percent(row["rms"]),
                percent(row["largest"]),
                f"{100 * row['mean']:+.2g}",
                percent(row["away_rms"]),
                percent(row["away_largest"]),
                f"{100 * row['border_pixels']:.0f}",
                limits(row) + ("" if row["ok"] else " EXCEEDED"),
            ]
            for row in rows
        ],
    )


def parse():
    parser = argparse.ArgumentParser(
        prog="bench-peers", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="W1 and W3 only, few rounds")
    parser.add_argument("--agreement", action="store_true", help="compare images, time nothing")
    parser.add_argument(
        "--python",
        action="store_true",
        help="with RTK, DiffDRR and nanodrr, installed by pip in an environment of their own",
    )
    parser.add_argument("--cases", help="of W1,W2,W3,chest, with commas between")
    parser.add_argument("--angles", default="0,30,90", help="of the chest, in degrees, with commas between")
    parser.add_argument(
        "--realdata",
        type=Path,
        default=Path(os.environ.get("STEREODRR_REALDATA", ROOT / "../shared/data")),
        help=f"folder of real data, which holds {CHEST}",
    )
    parser.add_argument("--output", type=Path, default=ROOT / "build/bench-peers", help="folder of what is written")
    parser.add_argument(
        "--worker", type=Path, default=ROOT / "build/bench/benchmarks/projection_worker", help=argparse.SUPPRESS
    )
    options = parser.parse_args()
    options.output = options.output.resolve()
    options.angles = [float(angle) for angle in options.angles.split(",")]
    if options.cases:
        options.cases = options.cases.split(",")
        if not set(options.cases) <= {"W1", "W2", "W3", "chest"}:
            parser.error("--cases: of W1,W2,W3,chest")
    else:
        options.cases = ["W1", "W3", "chest"] if options.quick else ["W1", "W2", "W3", "chest"]
    return options


def main():
    options = parse()
    if not shutil.which("plastimatch"):
        print("skipped: plastimatch is not installed (scripts/bench-peers installs it)")
        return SKIPPED
    if "chest" in options.cases and not (options.realdata / CHEST).exists():
        print(f"without the chest: no {options.realdata / CHEST} (set STEREODRR_REALDATA)")
        options.cases.remove("chest")
        if not options.cases:
            print("skipped: nothing is left to compare")
            return SKIPPED

    rounds = {"W1": 9, "W2": 3, "W3": 9} if not options.quick else {"W1": 3, "W3": 3, "W2": 1}
    times, agreement = {}, []
    for name in options.cases:
        case = Case(name, options)
        if name != "chest" and not options.agreement:
            times_ms, first_ms = time_case(case, rounds[name])
            ratios = ratios_to_joseph(times_ms)
            times[name] = {"times_ms": times_ms, "first_ms": first_ms, "ratios": ratios}
        agreement += compare_case(case, options.angles if name == "chest" else [ANGLE_DEG])
        case.close()
    if times:
        print_times(times, rounds)
    print_agreement(agreement)

    record = options.output / ("agreement.json" if options.agreement else "bench-peers.json")
    record.write_text(json.dumps({"times": times, "agreement": agreement}, indent=1) + "\n", encoding="utf-8")
    print(f"\nall of it: {os.path.relpath(record)}")
    if not all(row["ok"] for row in agreement):
        print("images differ by more than they may")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
