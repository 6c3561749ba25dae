#!/usr/bin/env bash
# test_study_report.sh TOOL STUDY: the page of a study opens in headless Chromium without a script error, draws its plots and
# shows the numbers of summary.json; in a browser that cannot unpack the plots it shows the numbers and says what is missing.
set -euo pipefail
tool=$1 study=$2
command -v chromium >/dev/null || { echo "no chromium"; exit 77; }
[[ -f /usr/share/python3-plotly/plotly.js ]] || { echo "no python3-plotly"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
open_page() {  # NAME: of the page, whose document as the browser has it then goes into NAME.dom
    timeout 120 chromium --headless --no-sandbox --disable-gpu --user-data-dir="$folder/profile" --virtual-time-budget=20000 \
        --dump-dom "file://$folder/$1" >"$folder/$1.dom" 2>"$folder/messages"
}
"$tool" study "$study" -o "$folder/out" --quiet >/dev/null
mv "$folder/out/report.html" "$folder/new.html"
sed '0,/<script>/s//<script>delete window.DecompressionStream;<\/script><script>/' "$folder/new.html" >"$folder/old.html"
open_page new.html
open_page old.html
python3 - "$folder" <<'END'
import json, pathlib, re, sys
folder = pathlib.Path(sys.argv[1])
summary = json.loads((folder / "out/summary.json").read_text())
for name, plots, missing in (("new.html", 6, ""), ("old.html", 0, "Without plots: this browser cannot unpack them")):
    dom = (folder / f"{name}.dom").read_text()
    body = re.search(r"<body[^>]*>", dom).group()
    assert 'data-problems=""' in body, (name, body)
    assert f'data-plots="{plots}"' in body, (name, body)
    problem = re.search(r'<p id="problem">([^<]*)</p>', dom).group(1)
    assert problem.startswith(missing) and bool(problem) == bool(missing), (name, problem)
    assert ('id="scene"' in dom) == (plots > 0), name
    cells = re.findall(r"<td>([^<]*)</td>", dom)
    for row in summary["conditions"]:
        for value in (row["absolute"]["rms_mm"], row["aligned"]["depth_axis"]["rms_mm"], row["depth_law_mm"]):
            assert f"{value['value']:.4g}" in cells or str(float(f"{value['value']:.4g}")) in cells, (name, value, cells)
    ranges = re.search(r'<table id="ranges">.*?</table>', dom, flags=re.S).group()
    accuracies, given = re.findall(r"<th>([^<]*) mm</th>", ranges), re.findall(r"<td>([^<]*)</td>", ranges)[2:]
    assert accuracies and len(accuracies) == len(given), (name, ranges)
    for accuracy, angles in zip(accuracies, given):  # errors fall with the angle: those within are neighbours
        within = [f"{row['factors']['rig.stereo_angle_deg']:g}" for row in summary["conditions"]
                  if row["absolute"]["rms_mm"]["high_95"] <= float(accuracy)]
        assert angles == (within[0] if len(within) == 1 else f"{within[0]} to {within[-1]}"), (name, accuracy, angles, within)
    assert "http://" not in re.sub(r"<script.*?</script>", "", dom, flags=re.S).replace("http://www.w3.org", "")
megabyte = 1e6
assert (folder / "new.html").stat().st_size < 3 * megabyte
END
