"""Graphs of ComfyUI that other people made: which are said to take a picture in, and whether names of nodes matter.

``python -m benchmarks.provenance.graphs FOLDER``: FOLDER holds PNG, WebP and JSON files with graphs in them, such as the
repository comfyanonymous/ComfyUI_examples. Truth is the name of ComfyUI's own loaders in the graph; then every loader gets
a name that nobody has heard of, and the same graphs are asked again.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from fairlead.provenance.graphs import takes_a_picture_in

LOADER = re.compile(r'"(?:LoadImage\w*|LoadVideo\w*|VHS_LoadVideo\w*)"')


def graphs_in(folder: Path) -> Iterator[str]:
    """Every graph in the files of a folder."""
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".json":
            yield path.read_text(errors="replace")
        elif path.suffix in {".png", ".webp"}:
            try:
                with Image.open(path) as picture:
                    told = [*getattr(picture, "text", {}).values(), *picture.getexif().values()]
            except (UnidentifiedImageError, OSError):
                continue
            yield from (v for v in told if isinstance(v, str) and ('"class_type"' in v or '"nodes"' in v))


def main() -> None:
    """Print how many graphs are said to take a picture in, among those that do and those that do not."""
    graphs = list(graphs_in(Path(sys.argv[1])))
    taking = [graph for graph in graphs if LOADER.search(graph)]
    others = [graph for graph in graphs if not LOADER.search(graph)]
    renamed = [LOADER.sub('"Zorp 7"', graph) for graph in taking]
    for name, asked in (
        ("with a loader", taking),
        ("the same, loaders renamed", renamed),
        ("without one", others),
    ):
        print(f"{name:28} {sum(map(takes_a_picture_in, asked)):4} of {len(asked)} take a picture in")


if __name__ == "__main__":
    main()
