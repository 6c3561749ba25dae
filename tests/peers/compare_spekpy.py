#!/usr/bin/env python3
"""Mean energy and half-value layers of `stereodrr spectrum` against SpekPy.

compare_spekpy.py STEREODRR VENV: makes the virtual environment VENV with SpekPy where it is missing;
ends with 77 (skipped) where that cannot be installed.
"""
import os
import re
import subprocess
import sys

SPEKPY = "spekpy==2.5.4"
# Two models of the tube that share neither equations nor cross-sections.
TOLERANCE = 0.03
FILTER_MM = 2.5
AIR_MM = 1000.0
ANODE_ANGLE_DEG = 12.0


def ensure_venv(venv):
    python = os.path.join(venv, "bin", "python")
    if os.path.exists(python) and \
            subprocess.run([python, "-c", "import spekpy"], capture_output=True).returncode == 0:
        return python
    for command in ([sys.executable, "-m", "venv", venv],
                    [python, "-m", "pip", "install", "--quiet", SPEKPY]):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            print("skipped:", " ".join(command), "failed:", (done.stderr or done.stdout).strip())
            sys.exit(77)
    return python


def ours(tool, kvp):
    text = subprocess.run(
        [tool, "spectrum", "--kvp", str(kvp), "--anode-angle-deg", str(ANODE_ANGLE_DEG),
         "--filter", f"aluminium:{FILTER_MM}", "--filter", f"air:{AIR_MM}"],
        check=True, capture_output=True, text=True).stdout

    def number(label):
        return float(re.search(rf"{label} +([0-9.]+)", text).group(1))

    return {"mean energy": number("mean energy"), "1st HVL": number("1st half-value layer"),
            "2nd HVL": number("2nd half-value layer")}


def theirs(python, kvp):
    program = ("import spekpy\n"
               f"s = spekpy.Spek(kvp={kvp}, th={ANODE_ANGLE_DEG}, dk=0.5)\n"
               f"s.filter('Al', {FILTER_MM}).filter('Air', {AIR_MM})\n"
               "print(s.get_emean(), s.get_hvl1(), s.get_hvl2())\n")
    out = subprocess.run([python, "-c", program], check=True, capture_output=True, text=True).stdout
    return dict(zip(("mean energy", "1st HVL", "2nd HVL"), map(float, out.split())))


def main():
    tool, venv = sys.argv[1:]
    python = ensure_venv(venv)
    failed = 0
    for kvp in (60, 90, 120):
        here, there = ours(tool, kvp), theirs(python, kvp)
        for name, value in here.items():
            off = value / there[name] - 1.0
            failed += abs(off) > TOLERANCE
            print(f"{kvp:4d} kV  {name:12s} {value:8.4f}  SpekPy {there[name]:8.4f}  {off:+.2%}"
                  + ("  FAILED" if abs(off) > TOLERANCE else ""))
    sys.exit(1 if failed else 0)


main()
