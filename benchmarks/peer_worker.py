"""What the workers of peers share: they are started by bench_peers.py as

    python WORKER VOLUME.mha THREADS

and answer the requests that projection_worker.cpp describes: view JSON (here with the geometry),
time PROJECTOR, image PROJECTOR PATH."""

import json
import sys
import time

import numpy

LEAST_S = 0.15  # a projection that takes less is repeated for as long, like ours


def read_volume(path):
    """The voxels as [k, j, i]."""
    with open(path, "rb") as file:
        sizes = None
        while True:
            key, value = file.readline().decode().split(" = ")
            if key == "DimSize":
                sizes = [int(size) for size in value.split()]
            if key == "ElementDataFile":
                break
        return numpy.fromfile(file, "<f4").reshape(sizes[::-1])


def serve(make):
    """`make(volume, threads)` returns an object with view(geometry) and {name: function}, each of
    which returns an image as an array."""
    path, threads = sys.argv[1], int(sys.argv[2])
    peer = make(path, threads)
    answers, sys.stdout = sys.stdout, sys.stderr  # what libraries print is no answer
    warm = set()
    for line in sys.stdin:
        what, _, rest = line.strip().partition(" ")
        if what == "view":
            peer.view(json.loads(rest))
            answer = "ok"
        elif what == "time":
            if rest not in warm:
                peer.projectors[rest]()
                warm.add(rest)
            count, start = 0, time.perf_counter()
            while time.perf_counter() - start < LEAST_S:
                peer.projectors[rest]()
                count += 1
            answer = 1e3 * (time.perf_counter() - start) / count
        elif what == "image":
            name, path = rest.split(" ", 1)
            numpy.asarray(peer.projectors[name](), "<f4").tofile(path)
            answer = "ok"
        else:
            answer = f"error: unknown request {line!r}"
        print(answer, file=answers, flush=True)
