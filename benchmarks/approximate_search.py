#!/usr/bin/env python3
"""Times FAISS on random codes as neighbour_search.cpp times ours: pip install faiss-cpu.

    approximate_search.py [ENTRIES [SIZE [QUERIES]]]     1000000 32 100 when nothing is said
"""

import sys
import time

import faiss
import numpy


def timed(work):
    begin = time.perf_counter()
    result = work()
    return result, time.perf_counter() - begin


def main():
    entries, size, queries = (int(word) for word in (sys.argv[1:] + ["1000000", "32", "100"][len(sys.argv) - 1:]))
    random = numpy.random.default_rng(1)
    codes = random.standard_normal((entries, size), dtype=numpy.float32)
    wanted = random.standard_normal((queries, size), dtype=numpy.float32)
    exact = faiss.IndexFlatL2(size)
    exact.add(codes)
    (_, truth), _ = timed(lambda: exact.search(wanted, 10))
    seconds = min(timed(lambda: exact.search(wanted, 10))[1] for _ in range(3))
    print(f"FAISS, exact: {seconds:.3f} s for {queries} queries")
    graph = faiss.IndexHNSWFlat(size, 32)
    _, built = timed(lambda: graph.add(codes))
    for effort in (16, 64, 256):
        graph.hnsw.efSearch = effort
        graph.search(wanted, 10)
        seconds = min(timed(lambda: graph.search(wanted, 10))[1] for _ in range(3))
        _, found = graph.search(wanted, 10)
        recall = numpy.mean([len(set(a) & set(b)) / 10 for a, b in zip(found, truth)])
        print(f"FAISS, HNSW with efSearch {effort}: built in {built:.0f} s, "
              f"{seconds:.3f} s for {queries} queries, recall {recall:.3f}")


if __name__ == "__main__":
    main()
