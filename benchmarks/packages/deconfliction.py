"""Private set intersection: seconds and bytes as lists grow: python -m benchmarks.packages.deconfliction"""

from __future__ import annotations

import time

from fairlead.leads.deconfliction import answer, ask, find_common


def main() -> None:
    print("asked | held | common | CPU-s | question MB | answer MB")
    for size in (1_000, 4_000, 16_000):
        ours = [f"email:{n}@example.org" for n in range(size)]
        theirs = [f"email:{n}@example.org" for n in range(size - size // 10, 2 * size)]
        start = time.process_time()
        question = ask(ours)
        reply, _ = answer(theirs, question.request)
        common = find_common(ours, question.private_key, reply)
        seconds = time.process_time() - start
        print(
            f"{size:,} | {len(theirs):,} | {len(common):,} | {seconds:.1f} | "
            f"{len(question.request) / 1e6:.2f} | {len(reply) / 1e6:.2f}"
        )


if __name__ == "__main__":
    main()
