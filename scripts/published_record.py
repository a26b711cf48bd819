"""docs/published.json: what was measured, added as it comes."""

import json
import os
import pathlib

RECORD = pathlib.Path(__file__).resolve().parent.parent / "docs" / "published.json"


def read():
    return json.loads(RECORD.read_text()) if RECORD.exists() else {}


def add(value, *keys):
    """Sets record[key][key]…, reading the record anew, as others may have added to it; the file is replaced as a whole."""
    record = part = read()
    for key in keys[:-1]:
        part = part.setdefault(key, {})
    part[keys[-1]] = value
    partial = RECORD.with_suffix(".partial")
    partial.write_text(json.dumps(record, indent=1) + "\n")
    os.replace(partial, RECORD)
