#!/usr/bin/env python3
"""check-locks.py LOCK…: every lock file names the optional packages of all platforms.

npm leaves out of a lock what the registry lacks for a platform at that moment; `npm ci` then fails on that platform.
"""
import json
import sys


def missing(path):
    with open(path, encoding="utf-8") as file:
        packages = json.load(file)["packages"]
    names = {key.split("node_modules/")[-1] for key in packages}
    for key, package in packages.items():
        lacking = [name for name in package.get("optionalDependencies", {}) if name not in names]
        if lacking:
            yield f"{key.split('node_modules/')[-1]}@{package.get('version', '')} lacks {', '.join(lacking[:3])}"


wrong = [f"{path}: {what}" for path in sys.argv[1:] for what in missing(path)]
print("\n".join(wrong) if wrong else f"{len(sys.argv) - 1} lock files are whole")
sys.exit(1 if wrong else 0)
