#!/usr/bin/env python3
"""What matrix products reach on this machine: GFLOP/s of float32, the best of some sizes and runs. One JSON line for
each number of threads: matmul_peak.py 1 2"""

import json
import sys
import time

import torch


def gflops(size, seconds=0.4):
    first, second = torch.randn(size, size), torch.randn(size, size)
    result = torch.empty(size, size)
    best, until = 1e9, time.perf_counter() + seconds
    while time.perf_counter() < until:
        begin = time.perf_counter()
        torch.mm(first, second, out=result)
        best = min(best, time.perf_counter() - begin)
    return 2 * size**3 / best / 1e9


for threads in map(int, sys.argv[1:]):
    torch.set_num_threads(threads)
    print(json.dumps({"threads": threads, "gflops": max(gflops(size) for size in (512, 1024, 2048))}), flush=True)
