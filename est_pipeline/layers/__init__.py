"""Reference layers from what a municipality has: places, districts and base map, checked and kept.

`places`, `districts` and `basemap` each have an `import_` function: it reads a file (or several),
checks it against the workspace, writes the workspace's own file, whole or not at all, and tells in
Swedish what it did. The modules beside them each do one step of that.
"""
