#!/usr/bin/env python3
"""Rows of SynthSAEBench as published: 16,384 features in 768 dimensions, by the tools of the small benchmark.

    python scripts/synth_sae_16k.py TOOLS --out DATA [--shards N] [--heldout N] …

TOOLS has make_data.py, whose options, files and random numbers these are; only the model of the rows is larger. The published
run reads 200 million rows, 600 GB; a set of fewer shards is the beginning of a longer one.
"""
import argparse
import dataclasses
import sys


def published(small):
    """What make_data.py scaled down, scaled up again (its docstring has the factors)."""

    def model_config(seed: int = 42):
        config = small(seed)
        return dataclasses.replace(
            config,
            num_features=16_384,
            hidden_dim=768,
            firing_probability=dataclasses.replace(config.firing_probability, min_prob=5e-4),
            hierarchy=dataclasses.replace(config.hierarchy, total_root_nodes=128),
        )

    return model_config


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tools", help="the folder of make_data.py")
    arguments, rest = parser.parse_known_args()
    sys.path.insert(0, arguments.tools)
    import make_data

    make_data.model_config = published(make_data.model_config)
    sys.argv = ["make_data.py", *rest]
    make_data.main()


if __name__ == "__main__":
    main()
