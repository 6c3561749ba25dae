#!/usr/bin/env bash
# test_study_opencv.sh TOOL EXAMPLE EXPERIMENT: the example of a procedure of one's own, in Python, is scored as the
# library's own use of OpenCV is: the same calibration through files of a case folder, so the same errors to a
# thousandth (observations.csv has six decimals, and OpenCV's steps end elsewhere from another start).
set -euo pipefail
tool=$1 example=$2 experiment=$3
python=
for candidate in python3 /usr/bin/python3; do
    if "$candidate" -c 'import cv2, numpy' 2>/dev/null; then python=$candidate && break; fi
done
[[ -n $python ]] || { echo "no Python with cv2"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/study.yaml" <<END
schema: stereodrr/study/v1
name: an example
level: points
seed: 1
repetitions: 4
experiment: $experiment
sweep: { rig.stereo_angle_deg: [30] }
procedures:
  - { name: opencv }
  - { label: example, command: '$python $example {case} {out}' }
END
"$tool" study "$folder/study.yaml" -o "$folder/out" --quiet
"$tool" study export "$folder/out" -o "$folder/trials.csv"
"$python" - "$folder/trials.csv" <<'END'
import csv, sys
rows = list(csv.DictReader(open(sys.argv[1])))
assert len(rows) == 8 and all(row["ok"] == "true" for row in rows), [row["reason"] for row in rows]
for own, other in zip(rows[::2], rows[1::2]):
    a, b = float(own["absolute_rms_mm"]), float(other["absolute_rms_mm"])
    print(own["seed"], a, b)
    assert abs(a / b - 1) < 1e-3, (a, b)
END
