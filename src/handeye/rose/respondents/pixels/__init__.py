"""``handeye/pixels``: a respondent that looks at the picture and reads the prompt, nothing else.

It is the default of the demo and the check that scenes are solvable from their pixels. It has no
access to metadata, file names or the generator.

    lattice   how many rows and columns the picture repeats in
    cells     what most cells show, and which cells differ
    cue       which rectangle of cells is highlighted, and how to take the highlight off
    reading   which answer a prompt asks for, about which cells
    solver    all of it together
"""

from handeye.rose.respondents.pixels.solver import solve

__all__ = ["solve"]
