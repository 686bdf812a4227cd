"""The live board: what waits, and whether everything works that a notice needs, on one page that renews itself."""
