"""Reference layers from what a municipality has: places, districts and base map, checked and kept.

Each module reads a file (or several), checks it against the workspace and gives the layer with
notes in Swedish; its `import_` function writes the workspace's own file, whole or not at all.
"""
