"""RTK's Joseph projector on request; peer_worker.py says how."""

import itk
import peer_worker
from itk import RTK as rtk


class Rtk:
    def __init__(self, path, threads):
        itk.MultiThreaderBase.SetGlobalMaximumNumberOfThreads(threads)
        itk.MultiThreaderBase.SetGlobalDefaultNumberOfThreads(threads)
        self.image_type = itk.Image[itk.F, 3]
        self.volume = itk.imread(path, itk.F)
        self.projectors = {"rtk-joseph": self.joseph}

    def view(self, geometry):
        pixels, pitch = geometry["pixels"], geometry["pitch_mm"]
        turn = rtk.ThreeDCircularProjectionGeometry.New()
        # The detector's position is that of its own origin, which is put at the first pixel.
        turn.AddProjection(
            itk.Point[itk.D, 3](geometry["source_mm"]),
            itk.Point[itk.D, 3](geometry["first_pixel_mm"]),
            itk.Vector[itk.D, 3](geometry["along_columns"]),
            itk.Vector[itk.D, 3](geometry["along_rows"]),
        )
        detector = rtk.ConstantImageSource[self.image_type].New(
            Size=[pixels, pixels, 1], Spacing=[pitch, pitch, 1.0], Origin=[0.0, 0.0, 0.0], Constant=0.0
        )
        detector.Update()
        self.project = rtk.JosephForwardProjectionImageFilter[self.image_type, self.image_type].New(
            Geometry=turn
        )
        self.project.SetInput(0, detector.GetOutput())
        self.project.SetInput(1, self.volume)
        self.project.InPlaceOff()

    def joseph(self):
        self.project.Modified()
        self.project.Update()
        return itk.array_view_from_image(self.project.GetOutput())


if __name__ == "__main__":
    peer_worker.serve(Rtk)
