#!/usr/bin/python3
"""What ranks exchange, from counted runs, and what that foretells of many of them.

    ranks_model.py RESULT RESULT RESULT...   (the same run by several ranks: at least three numbers of them, 2 or more)

A rank's bytes are of three kinds (docs/developers/performance.md): A, arrays that every rank gets whole, of which it makes a
share; B, arrays that are turned from shares by draws into shares by areas; C, what rank 0 gathers to write. With R ranks

    rank r > 0 receives  (A + B / R) (1 - 1 / R),     rank 0 receives  C (1 - 1 / R)  more.

The first and the last run give A, B and C; the runs between them test the formula. Network and time are the reader's
assumptions: --bytes-per-second, --latency, and the scenario's serial and shared core-seconds (--serial, --shared), as
measured.
"""
import argparse

import h5py


def counts(name):
    with h5py.File(name) as file:
        ranks = file["/run/ranks"]
        return {key: ranks[key][:] for key in ("bytes_sent", "bytes_received", "messages", "calls", "peak_memory")}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("result", nargs="+")
    parser.add_argument("--bytes-per-second", type=float, default=10e9)
    parser.add_argument("--latency", type=float, default=3e-6)
    parser.add_argument("--serial", type=float, default=0.0, help="core-seconds of a scenario that every rank spends")
    parser.add_argument("--shared", type=float, default=0.0, help="core-seconds of a scenario that ranks share")
    parser.add_argument("--threads", type=int, default=64, help="of a rank")
    options = parser.parse_args()
    runs = sorted((len(c["calls"]), c) for c in map(counts, options.result))
    (few, first), (many, last) = runs[0], runs[-1]
    if few < 2 or few == many:
        parser.error("needs runs of two different numbers of ranks, 2 or more")

    def share(ranks, count):  # a rank's received bytes over 1 - 1 / R
        return count["bytes_received"][1:].mean() / (1 - 1 / ranks)

    b = (share(few, first) - share(many, last)) / (1 / few - 1 / many)
    a = share(few, first) - b / few
    c = (last["bytes_received"][0] - last["bytes_received"][1:].mean()) / (1 - 1 / many)
    print(f"A {a / 1e6:.2f} MB to everyone, B {b / 1e6:.2f} MB by areas, C {c / 1e6:.2f} MB to the writer")

    def received(ranks, writes):
        return (a + b / ranks + (c if writes else 0)) * (1 - 1 / ranks)

    print("ranks  rank  counted MB  formula MB   ratio   messages  peak MB")
    for ranks, count in runs:
        for rank in (0, ranks - 1):
            got, want = count["bytes_received"][rank], received(ranks, rank == 0)
            print(f"{ranks:5} {rank:5} {got / 1e6:11.2f} {want / 1e6:11.2f} {got / want:7.4f} {count['messages'][rank]:10.0f}"
                  f" {count['peak_memory'][rank] / 1e6:8.0f}")
    calls = last["calls"][1:].mean()
    print("\nranks  MB to a rank  MB to rank 0  exchange s  computing s  whole s  speed-up")
    alone = options.serial + options.shared / options.threads
    for ranks in (1, 2, 4, 16, 64, 256, 1024):
        exchange = received(ranks, True) / options.bytes_per_second + calls * (ranks - 1) * options.latency
        computing = options.serial + options.shared / options.threads / ranks
        whole = exchange + computing
        print(f"{ranks:5} {received(ranks, False) / 1e6:13.1f} {received(ranks, True) / 1e6:13.1f} {exchange:11.4f} {computing:12.3f}"
              f" {whole:8.3f} {alone / whole if whole else 0:9.2f}")


if __name__ == "__main__":
    main()
