"""DiffDRR's and nanodrr's renderers on request; peer_worker.py says how. Rays are handed over in
blocks of rows, since DiffDRR keeps all samples of all rays in memory."""

import peer_worker
import torch
from diffdrr.renderers import Siddon, Trilinear
from nanodrr.data import Subject
from nanodrr.drr.backends import render_torch

SAMPLES = 500  # along a ray: the default of both
BLOCK = 1 << 14  # rays


class Torch:
    def __init__(self, path, threads):
        torch.set_num_threads(threads)
        torch.set_grad_enabled(False)
        self.voxels = torch.from_numpy(peer_worker.read_volume(path))
        self.siddon, self.trilinear = Siddon(), Trilinear()
        self.projectors = {
            "diffdrr-siddon": lambda: self.diffdrr(self.siddon),
            "diffdrr-trilinear": lambda: self.diffdrr(self.trilinear, n_points=SAMPLES),
            "nanodrr": self.nanodrr,
        }

    def view(self, geometry):
        def tensor(key):
            return torch.tensor(geometry[key], dtype=torch.float64)

        pixels, pitch = geometry["pixels"], geometry["pitch_mm"]
        rows, columns = torch.meshgrid(*2 * [pitch * torch.arange(pixels)], indexing="ij")
        source = tensor("source_mm")
        target = tensor("first_pixel_mm") + (
            columns[..., None] * tensor("along_columns") + rows[..., None] * tensor("along_rows")
        )
        target = target.reshape(1, -1, 3)
        self.length_mm = (target - source).norm(dim=-1).float()
        # In voxels: centres at integers.
        self.source = ((source - tensor("origin_mm")) / tensor("spacing_mm")).reshape(1, 1, 3).float()
        self.target = ((target - tensor("origin_mm")) / tensor("spacing_mm")).float()
        self.side = pixels
        sizes = tensor("sizes").float()
        to_grid = torch.diag(torch.cat([2 / sizes, torch.ones(1)]))
        to_grid[:3, 3] = 1 / sizes - 1
        image = self.voxels[None, None]
        self.subject = Subject(
            image,
            torch.zeros(1, 1, 1, 1, 1),
            torch.eye(4),
            torch.eye(4),
            to_grid,
            torch.zeros(3),
            convert_to_mu=False,
        )

    def blocks(self):
        return zip(self.target.split(BLOCK, dim=1), self.length_mm.split(BLOCK, dim=1))

    def diffdrr(self, renderer, **options):
        volume = self.voxels.permute(2, 1, 0)
        parts = [
            renderer(volume, self.source, target, length[:, None], **options)
            for target, length in self.blocks()
        ]
        return torch.cat(parts, dim=-1)

    def nanodrr(self):
        parts = [
            render_torch(
                self.subject,
                torch.eye(4)[None],
                self.source,
                target,
                length / SAMPLES,
                SAMPLES,
                1,
                target.shape[1],
            )
            for target, length in self.blocks()
        ]
        return torch.cat(parts, dim=-1)


if __name__ == "__main__":
    peer_worker.serve(Torch)
