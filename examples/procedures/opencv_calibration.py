#!/usr/bin/env python3
"""A calibration procedure of one's own for `stereodrr study`: cv2.calibrateCamera and stereoCalibrate.

    opencv_calibration.py CASE OUT

Reads nominal.json, phantom.csv and observations.csv in CASE, writes view0_MayaCam2.txt and view1_MayaCam2.txt into OUT.
The world is the phantom in pose 0; pixel (0, 0) is the centre of the first one.
"""
import csv
import json
import pathlib
import sys

import cv2
import numpy as np

case, out = map(pathlib.Path, sys.argv[1:3])
nominal = json.loads((case / "nominal.json").read_text())
with open(case / "phantom.csv") as file:
    bead_mm = {row["name"]: [float(row[axis]) for axis in "xyz"] for row in csv.DictReader(file)}
seen = {}  # (pose, view): {bead: pixel}
with open(case / "observations.csv") as file:
    for row in csv.DictReader(file):
        image = seen.setdefault((int(row["pose"]), int(row["view"])), {})
        image[row["bead"]] = [float(row["x_px"]), float(row["y_px"])]

poses = sorted({pose for pose, _ in seen})
size = (nominal["views"][0]["width_px"], nominal["views"][0]["height_px"])
no_distortion = (cv2.CALIB_ZERO_TANGENT_DIST | cv2.CALIB_FIX_K1 | cv2.CALIB_FIX_K2 | cv2.CALIB_FIX_K3)
flags = cv2.CALIB_USE_INTRINSIC_GUESS | cv2.CALIB_FIX_ASPECT_RATIO | no_distortion


def points(image):
    return np.float32([bead_mm[bead] for bead in image]), np.float32(list(image.values()))


cameras, first_pose = [], []
for view in range(2):
    told = nominal["views"][view]
    camera = np.diag([told["focal_length_px"][0], told["focal_length_px"][1], 1.0])
    camera[:2, 2] = told["principal_point_px"]
    mm, px = zip(*(points(seen[pose, view]) for pose in poses))
    _, camera, _, turns, shifts = cv2.calibrateCamera(mm, px, size, camera, np.zeros(5), flags=flags)
    cameras.append(camera)
    first_pose.append((cv2.Rodrigues(turns[0])[0], shifts[0]))

mm, left, right = [], [], []
for pose in poses:
    both = [bead for bead in seen[pose, 0] if bead in seen[pose, 1]]
    mm.append(np.float32([bead_mm[bead] for bead in both]))
    left.append(np.float32([seen[pose, 0][bead] for bead in both]))
    right.append(np.float32([seen[pose, 1][bead] for bead in both]))
none = np.zeros(5)
rotation, translation = cv2.stereoCalibrate(mm, left, right, cameras[0], none, cameras[1], none, size,
                                            flags=cv2.CALIB_FIX_INTRINSIC)[5:7]
turn, shift = first_pose[0]
motions = [(turn, shift), (rotation @ turn, rotation @ shift + translation)]
for view, (camera, (turn, shift)) in enumerate(zip(cameras, motions)):
    rows = lambda matrix: "\n".join(",".join(repr(float(v)) for v in row) for row in np.atleast_2d(matrix))
    (out / f"view{view}_MayaCam2.txt").write_text(
        f"image size\n{size[0]},{size[1]}\n\ncamera matrix\n{rows(camera)}\n\n"
        f"rotation\n{rows(turn)}\n\ntranslation\n{rows(shift.reshape(3, 1))}\n")
