#!/usr/bin/env bash
# test_study_report.sh TOOL STUDY: the page of a study opens in headless Chromium without a script error, draws its plots and
# shows the numbers of summary.json.
set -euo pipefail
tool=$1 study=$2
command -v chromium >/dev/null || { echo "no chromium"; exit 77; }
[[ -f /usr/share/python3-plotly/plotly.js ]] || { echo "no python3-plotly"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$tool" study "$study" -o "$folder/out" --quiet >/dev/null
timeout 120 chromium --headless --no-sandbox --disable-gpu --user-data-dir="$folder/profile" --virtual-time-budget=20000 \
    --dump-dom "file://$folder/out/report.html" >"$folder/dom.html" 2>"$folder/messages"
python3 - "$folder" <<'END'
import json, pathlib, re, sys
folder = pathlib.Path(sys.argv[1])
summary = json.loads((folder / "out/summary.json").read_text())
dom = (folder / "dom.html").read_text()
body = re.search(r"<body[^>]*>", dom).group()
assert 'data-problems=""' in body, body
assert 'data-plots="6"' in body, body
cells = re.findall(r"<td>([^<]*)</td>", dom)
for row in summary["conditions"]:
    for value in (row["absolute"]["rms_mm"], row["aligned"]["depth_axis"]["rms_mm"], row["depth_law_mm"]):
        assert f"{value['value']:.4g}" in cells or str(float(f"{value['value']:.4g}")) in cells, (value, cells)
assert "http://" not in re.sub(r"<script>.*?</script>", "", dom, flags=re.S).replace("http://www.w3.org", "")
END
