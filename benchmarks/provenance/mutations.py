"""Mutated files through every parser: no crash, every file a list of items and a verdict of the weighing.

`python -m benchmarks.provenance.mutations --files 20000`
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter

from tests.provenance.formats import samples

from fairlead.media.metadata.read import read_metadata
from fairlead.provenance.facts import find_facts
from fairlead.provenance.signal import Item
from fairlead.provenance.stages import observe
from fairlead.provenance.weigh import weigh
from fairlead.provenance.weights import weights_of


def mutated(data: bytes, rng: random.Random) -> bytes:
    """The bytes with some of them changed, cut, doubled or moved."""
    out = bytearray(data)
    for _ in range(rng.randint(1, 12)):
        if not out:
            break
        at = rng.randrange(len(out))
        match rng.randrange(6):
            case 0:
                out[at] = rng.randrange(256)
            case 1:
                out[at] ^= 1 << rng.randrange(8)
            case 2:
                del out[at : at + rng.randint(1, 64)]
            case 3:
                out[at:at] = out[at : at + rng.randint(1, 64)]
            case 4:
                out[at : at + 4] = rng.choice(
                    (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\0\0\0\1")
                )
            case _:
                out = out[: at + 1]
    return bytes(out)


def verdict_of(data: bytes) -> str:
    items = [
        Item(namespace=i.namespace, key=i.key, value=i.value, offset=i.offset, length=i.length)
        for i in read_metadata(data)
    ]
    find_facts(items)
    table = weights_of()
    return weigh(table.signals(observe(items, [])), table).conclusion.value


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    originals = [sample.data for sample in samples()]
    verdicts: Counter[str] = Counter()
    longest = 0.0
    for number in range(arguments.files):
        data = mutated(originals[number % len(originals)], rng)
        start = time.perf_counter()
        verdicts[verdict_of(data)] += 1
        longest = max(longest, time.perf_counter() - start)
    print(f"{arguments.files} files of {len(originals)} formats and containers, verdicts {dict(verdicts)}")
    print(f"longest {longest * 1000:.0f} ms")


if __name__ == "__main__":
    main()
