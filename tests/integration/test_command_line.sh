#!/usr/bin/env bash
# test_command_line.sh STEREODRR: exit codes and messages of the tool (docs/conventions.md, "Exit
# codes"). Errors go to standard error as one line that starts with "stereodrr: error:", except the
# command-line parser's own.
set -euo pipefail
tool=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

# expect CODE STREAM REGEX ARGUMENT...: runs the tool; STREAM (out or err) must match, and where the
# code is not 0 nothing may stand on standard output.
expect() {
    local code=$1 stream=$2 regex=$3 status=0
    shift 3
    timeout 20 "$tool" "$@" >"$work/out" 2>"$work/err" || status=$?
    if ((status != code)); then
        echo "stereodrr $*: exit code $status, expected $code" && failures=1
    fi
    if ! grep -qE -e "$regex" "$work/$stream"; then
        echo "stereodrr $*: standard $stream does not match '$regex':" && cat "$work/$stream"
        failures=1
    fi
    if ((code != 0)) && [[ -s $work/out ]]; then
        echo "stereodrr $*: failed but wrote to standard output:" && cat "$work/out"
        failures=1
    fi
}

expect 0 out '^stereodrr [0-9]+\.[0-9]+\.[0-9]+ \((unknown|[0-9a-f]{12}(-dirty)?)\)$' --version
expect 0 out 'Usage: stereodrr' --help
expect 2 err 'nonsense' --nonsense
expect 2 err 'nonsense' nonsense
expect 2 err 'subcommand is required' # nothing at all
expect 2 err 'threads' --threads -1
expect 2 err 'threads' --threads many
expect 2 err 'threads' spectrum --threads many
expect 0 out 'half-value layer' spectrum --threads 1 --kvp 90
expect 0 out 'half-value layer' --threads 1 spectrum --kvp 90

# Bad input: one line that names file, line or key, and the code that docs/conventions.md gives.
phantoms=$(cd "$(dirname "$0")/../../phantoms" && pwd)
cp "$phantoms"/*.yaml "$work"
bad() { sed "$1" "$phantoms/default_experiment.yaml" >"$work/bad.yaml"; }
bad 's/^seed:/sede:/'
expect 3 err "^stereodrr: error: .*bad.yaml:2: key 'seed' is missing$" validate "$work/bad.yaml" -o "$work/o"
bad 's/sdd_mm: 1200/sdd_mm: .nan/'
expect 3 err "bad.yaml:7: 'rig.sdd_mm' must be finite, found '.nan'$" validate "$work/bad.yaml" -o "$work/o"
bad 's/held_out: 4/held_out: 4\n  extra: 1/'
expect 3 err "bad.yaml:14: unknown key 'poses.extra'" validate "$work/bad.yaml" -o "$work/o"
bad 's/small_lego_cube/absent/'
expect 4 err 'absent.yaml: cannot be opened' validate "$work/bad.yaml" -o "$work/o"
expect 4 err 'absent.yaml: cannot be opened' validate "$work/absent.yaml" -o "$work/o"
expect 2 err 'output is required' validate
touch "$work/file"
expect 4 err 'file.*the folder cannot be made' validate -o "$work/file/sub"

# Epipolar geometry and triangulation.
printf 'x_px,y_px\n1,2\n3,4\n5,6\n' >"$work/few.csv"
printf 'x_px,y\n1,2\n' >"$work/column.csv"
printf 'x_px,y_px\n1,two\n' >"$work/number.csv"
printf 'x_px,y_px\n1,2\n' >"$work/one.csv"
expect 2 err 'points is required' epipolar
expect 2 err 'match needs a --calibration' epipolar --points "$work/few.csv" "$work/few.csv" --match
expect 3 err "column.csv:1: a header with the columns x_px and y_px was expected$" epipolar --points "$work/few.csv" "$work/column.csv"
expect 3 err "number.csv:2: 'two' is not a finite number$" epipolar --points "$work/few.csv" "$work/number.csv"
expect 3 err 'one.csv: matched rows were expected' epipolar --points "$work/few.csv" "$work/one.csv"
expect 5 err '3 matches, at least 8 needed$' epipolar --points "$work/few.csv" "$work/few.csv"
expect 2 err 'method is maximum-likelihood' triangulate --calibration "$work/rig.yaml" --points "$work/few.csv" "$work/few.csv" --method best

# Calibrations, compared and over time.
printf 'pose,view,bead,x_px,y_px,sd_px,flags\n0,0,a,1,2,0.1,ok\n1,0,a,1,2.5,0.1,ok\n' >"$work/beads.csv"
expect 2 err 'second is required' diff "$work/absent.json"
expect 4 err 'absent.json: ' diff "$work/absent.json" "$work/absent.json"
expect 3 err 'few.csv: not JSON, at byte ' diff "$work/few.csv" "$work/few.csv"
expect 2 err 'give calibrations or --beads$' drift
expect 4 err 'absent.json: ' drift "$work/absent.json" "$work/absent.json"
expect 0 out 'p = 0\.0019 ' drift --beads "$work/beads.csv"
expect 2 err 'one time for each member$' drift --beads "$work/beads.csv" --times 1,2,3
expect 3 err 'few.csv:1: column .pose. is missing' drift --beads "$work/few.csv"
expect 3 err 'few.csv:1: column .pose. is missing' calibrate "$work/few.csv" --phantom "$work/small_lego_cube.yaml" --size-px 9 9
expect 2 err 'map needs a calibration.json' triangulate --calibration "$(dirname "$0")/../../examples/rigs/chest.yaml" --points "$work/few.csv" "$work/few.csv" --map
expect 2 err 'points is required' sync --calibration "$work/rig.yaml"

# Spectra.
expect 0 out '^1st half-value layer +3\.[0-9]+ mm Al' spectrum --kvp 90 -o "$work/spectrum.csv"
expect 2 err 'between 30 and 150 kV, found 20$' spectrum --kvp 20
expect 2 err "expected MATERIAL:MM such as aluminium:2.5, found 'aluminium'" spectrum --filter aluminium
expect 2 err "unknown material 'cheese'" spectrum --filter cheese:1
expect 2 err 'must not be negative, found -1 mm' spectrum --filter copper:-1
expect 2 err 'leave no photons' spectrum --filter lead:100

# A picture that is cut short or none at all.
printf '\x89PNG\r\n\x1a\n\0\0\0\rIHDR' >"$work/cut.png"
expect 3 err 'cut.png: not a readable image' detect "$work/cut.png" --diameter-px 10 -o "$work/o"
expect 4 err 'absent.png: cannot be opened' detect "$work/absent.png" --diameter-px 10 -o "$work/o"
expect 2 err 'diameter' detect "$work/cut.png" --diameter-px -1 -o "$work/o"

# An undistortion grid.
expect 3 err 'cut.png: not a readable image' grid "$work/cut.png" --diameter-px 10 -o "$work/o"
expect 2 err 'diameter-px is required' grid "$work/cut.png"
expect 2 err 'diameter' grid "$work/cut.png" --holes --diameter-px 1 -o "$work/o"
expect 2 err 'grid: round not in' grid "$work/cut.png" --diameter-px 10 --grid round

# A volume: 3 x 2 x 1 voxels, one of them air.
printf 'ObjectType = Image\nNDims = 3\nDimSize = 3 2 1\nOffset = 1 2 3\nElementSpacing = 1 1 4\n%s' \
    $'ElementType = MET_CHAR\nElementDataFile = LOCAL\n' >"$work/ct.mha"
printf '\200\001\002\003\004\005' >>"$work/ct.mha"
expect 3 err 'ct.mha: is not in HU: the lowest voxel is -128' volume "$work/ct.mha"
expect 0 out '^volume +3 x 2 x 1 voxels of 1 x 1 x 4 mm$' volume --assume-hu "$work/ct.mha"
expect 0 out '^HU +min -128, .* max 5$' volume --assume-hu "$work/ct.mha"
expect 0 out '"schema": "stereodrr/volume/v1"' volume --assume-hu --json "$work/ct.mha"
expect 3 err 'holds no DICOM file of an image$' volume "$phantoms"
expect 4 err 'absent: no such file or folder$' volume "$work/absent"

# A calibration with a NaN.
printf 'image size\n10,10\n\ncamera matrix\nnan,0,5\n0,100,5\n0,0,1\n' >"$work/cam.txt"
echo >"$work/points.csv"
expect 3 err 'cam.txt:5: ' triangulate --calibration "$work/cam.txt" "$work/cam.txt" \
    --points "$work/points.csv" "$work/points.csv" -o "$work/o"

# Views: to an RTK geometry and back; a file without detectors needs one.
rig=$(cd "$(dirname "$0")/../../examples/rigs" && pwd)/chest.yaml
detector=(--size-px 512,512 --pitch-mm 0.8)
expect 0 out 'stereo angle 6.000 deg, baseline 162.24 mm' geometry "$rig" -o "$work/g.xml"
expect 0 out 'stereo angle 6.000 deg, baseline 162.24 mm' geometry "$work/g.xml" "${detector[@]}" -o "$work/g.txt"
expect 0 out 'stereo angle 6.000 deg, baseline 162.24 mm' geometry "${detector[@]}" "$work/g.txt" -o "$work/g.yaml"
expect 0 out ' 1 +81.12 +-1547.88 +0.00 +1800.00 +-177.00 +0.00 +0.00 ' geometry "$work/g.yaml"
expect 2 err 'g.xml: the file holds no detector' geometry "$work/g.xml"
expect 2 err 'given together' geometry "$work/g.xml" --size-px 512,512
expect 2 err 'g.yaml: the file holds its detectors' geometry "$work/g.yaml" "${detector[@]}"
expect 2 err "g.doc: the file's name must end in" geometry "$rig" -o "$work/g.doc"
sed -i 's/>1800</>0</' "$work/g.xml"
expect 3 err 'g.xml:4: projection 0: SourceToDetectorDistance is 0' geometry "$work/g.xml" "${detector[@]}"

# Phantoms.
cube=$phantoms/small_lego_cube.yaml
expect 2 err 'subcommand is required' phantom
expect 0 out '^beads +64 x 3.175 mm steel: image 16.9 px' phantom describe "$cube"
expect 0 out '^beads +64 x 3.175 mm steel: image 4.6 px' phantom describe "$cube" --rig "$rig"
expect 0 out '"schema": "stereodrr/phantom-summary/v1"' phantom describe "$cube" --json
expect 0 out '^near symmetry +a turn or shift brings 4 of 11 beads' phantom describe "$phantoms/beginner_block.yaml"
expect 4 err 'absent.yaml: cannot be opened' phantom describe "$work/absent.yaml"
expect 3 err "chest.yaml:[0-9]+: schema must be 'stereodrr/phantom/v1'" phantom describe "$rig"
sed 's/material: steel/material: cheese/' "$cube" >"$work/cheese.yaml"
expect 2 err "unknown material 'cheese'" phantom describe "$work/cheese.yaml"

expect 0 out "^written: $work/drawings/drawing.png$" phantom draw "$cube" -o "$work/drawings"
[[ $(head -c 4 "$work/drawings/drawing.png" | tail -c 3) == PNG ]] || { echo "drawing.png is no PNG" && failures=1; }
cat >"$work/bricks.yaml" <<'END'
schema: stereodrr/phantom/v1
name: three bricks
bricks:
  - { part: 3001, at: [0, 0, 0], colour: red }
  - { part: 3700, at: [0, 0, 3], colour: blue }
  - { part: 3003, at: [2, 0, 3] }
beads:
  - { id: 1, seat: { brick: 1, stud: [0, 0], height_mm: 0.4 }, diameter_mm: 3.175, material: steel }
END
expect 0 out '^ +1 x 3700 +Technic brick 1x2 +blue +0.7' phantom describe "$work/bricks.yaml"
expect 0 out "^written: $work/steps/step-02.png$" phantom draw "$work/bricks.yaml" -o "$work/steps"
[[ -s $work/steps/step-02.png && ! -e $work/steps/step-03.png ]] || { echo "not two steps" && failures=1; }
expect 0 out "^written: $work/drawings/beads-02.png$" phantom draw "$phantoms/rsa_cage.yaml" -o "$work/drawings"
expect 2 err 'output is required' phantom draw "$cube"
expect 4 err 'the folder cannot be made' phantom draw "$cube" -o "$work/file/sub"

export=(--frame-specification "$work/cube.csv" --references "$work/cube.ref" --stl "$work/cube.stl")
expect 0 out "^written: $work/cube.stl$" phantom export "$cube" "${export[@]}" --unit cm
[[ $(head -n 2 "$work/cube.csv" | tail -n 1) == -6,-6,-6 ]] || { echo "cube.csv is not in cm" && failures=1; }
[[ $(tail -n 1 "$work/cube.ref") == '1 cross' ]] || { echo "cube.ref does not end in 1 cross" && failures=1; }
count=$(od -An -tu4 -j80 -N4 "$work/cube.stl")
[[ $(stat -c %s "$work/cube.stl") == $((84 + 50 * count)) ]] || { echo "cube.stl has not its size" && failures=1; }
expect 2 err 'give --frame-specification, --references or --stl' phantom export "$cube"
expect 2 err "must be mm or cm, found 'inch'" phantom export "$cube" "${export[@]}" --unit inch
expect 2 err 'deviation' phantom export "$cube" "${export[@]}" --deviation-mm 0
expect 4 err 'cannot be written' phantom export "$cube" --stl "$work/absent/cube.stl"

import=(phantom import "$work/cube.csv" --diameter-mm 3.175 -o "$work/back.yaml")
expect 0 out '^64 beads over 123.2 x 123.2 x 123.2 mm$' "${import[@]}" --unit cm --references "$work/cube.ref"
expect 0 out '^beads +64 x 3.175 mm steel' phantom describe "$work/back.yaml"
expect 2 err 'found -1 mm' phantom import "$work/cube.csv" --diameter-mm -1 -o "$work/back.yaml"
expect 2 err 'diameter-mm is required' phantom import "$work/cube.csv" -o "$work/back.yaml"
expect 2 err "unknown material 'cheese'" "${import[@]}" --material cheese
sed -i '5s/,/;/' "$work/cube.csv"
expect 3 err 'cube.csv:5: x,y,z or x,y,z,name was expected, found 2 cells' "${import[@]}"
sed -i '5s/;/,/' "$work/cube.csv"
sed -i '2s/55/65/' "$work/cube.ref"
expect 3 err 'cube.ref:2: bead 65 is none of the beads 1 to 64' "${import[@]}" --unit cm --references "$work/cube.ref"

expect 0 out '^70 x 66 x 73 voxels of 2 mm, HU at 70 keV$' phantom voxelize "$cube" -o "$work/cube.mha" --voxel-mm 2 --energy-kev 70
expect 0 out '^HU +min -1000, ' volume "$work/cube.mha"
expect 2 err 'voxel size must be positive' phantom voxelize "$cube" -o "$work/cube.mha" --voxel-mm 0
expect 2 err 'take larger ones' phantom voxelize "$cube" -o "$work/cube.mha" --voxel-mm 0.001
expect 2 err 'extension .mha' phantom voxelize "$cube" -o "$work/cube.nii" --voxel-mm 4
expect 2 err 'keV' phantom voxelize "$cube" -o "$work/cube.mha" --voxel-mm 4 --energy-kev 1
# Scenes.
examples=$(cd "$(dirname "$0")/../../examples" && pwd)
bones=$examples/scenes/two_bones.yaml
sed 's/1024/64/g; s/0.25/4/' "$examples/rigs/biplane.yaml" >"$work/small_rig.yaml"
expect 0 out '^20 images of 2 bodies and 12 markers' scene "$bones" --rig "$work/small_rig.yaml" -o "$work/scene"
[[ $(wc -l <"$work/scene/markers.csv") == 241 ]] || { echo "markers.csv has not 10 frames x 2 views x 12 markers" && failures=1; }
[[ -s $work/scene/view1_frame0009.mha && -s $work/scene/view0_frame0000.png ]] || { echo "images of the scene miss" && failures=1; }
grep -q '"time_s": 0.092' "$work/scene/truth.json" || { echo "view 1 is not 2 ms late" && failures=1; }
expect 2 err 'scene is required' scene --rig "$work/small_rig.yaml" -o "$work/scene"
expect 4 err 'absent.yaml: cannot be opened' scene "$work/absent.yaml" --rig "$work/small_rig.yaml" -o "$work/scene"
sed 's|../../phantoms/|absent/|' "$bones" >"$work/bones.yaml"
expect 4 err "bones.yaml:[0-9]+: 'phantom' names 'absent/bead_cluster_a.yaml', which is not there" scene "$work/bones.yaml" --rig "$work/small_rig.yaml" -o "$work/scene"
expect 2 err 'keV' scene "$bones" --rig "$work/small_rig.yaml" -o "$work/scene" --energy-kev 1

fluoroscope=$examples/imaging/fluoroscope.yaml
scene=(scene "$bones" --rig "$work/small_rig.yaml" -o "$work/radiographs" --line-integrals none)
expect 0 out '^20 images of 2 bodies and 12 markers' "${scene[@]}" --imaging "$fluoroscope" --seed 3 --picture png,tiff
[[ -s $work/radiographs/view1_frame0009.png && -s $work/radiographs/view0_frame0000.tiff && ! -e $work/radiographs/view0_frame0000.mha ]] || { echo "radiographs of the scene miss" && failures=1; }
sed 's/lag: .*/lag: { fraction: 2, decay: 0.3 }/' "$fluoroscope" >"$work/imaging.yaml"
expect 3 err "imaging.yaml:$(grep -n '^lag' "$work/imaging.yaml" | cut -d: -f1): 'lag.fraction' must be " "${scene[@]}" --imaging "$work/imaging.yaml"
sed 's/photons_per_pixel/photon_count/' "$fluoroscope" >"$work/imaging.yaml"
expect 3 err "imaging.yaml:[0-9]+: key 'photons_per_pixel' is missing" "${scene[@]}" --imaging "$work/imaging.yaml"
expect 3 err "small_rig.yaml:[0-9]+: schema must be 'stereodrr/imaging/v1'" "${scene[@]}" --imaging "$work/small_rig.yaml"
expect 4 err 'absent.yaml: cannot be opened' "${scene[@]}" --imaging "$work/absent.yaml"
sed '$adistortion: { center_px: [32, 32], radius_px: 20, pincushion: -0.9 }' "$fluoroscope" >"$work/imaging.yaml"
expect 2 err 'imaging.yaml: ' "${scene[@]}" --imaging "$work/imaging.yaml"
expect 2 err 'not as dicom' "${scene[@]}" --imaging "$fluoroscope" --picture dicom
expect 2 err 'scale' "${scene[@]}" --imaging "$fluoroscope" --scale intensity
expect 2 err 'imaging' "${scene[@]}" --seed 3
exit $failures
