#!/usr/bin/env python3
"""Writes the copyright notices and licenses of all that an executable is made of, which their authors want to accompany it:

    scripts/packaging/notices.py FILE

Where a crate offers a choice, it is taken under MIT, ISC or BSD, whose texts name its authors.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

# All architectures are made of the same crates.
TARGET = "x86_64-unknown-linux-musl"

HEADER = """The executable healthprobe is linked with the software below, under these licenses.
"""

# What is not a crate; both are under MIT's license.
LIBRARIES = (
    ("musl (MIT)", "Copyright (c) 2005-2020 Rich Felker, et al."),
    ("Rust's standard library (MIT OR Apache-2.0)", "Copyright (c) The Rust Project Contributors"),
)


def cargo(*arguments):
    command = ["cargo", *arguments, "--locked", "--quiet"]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def linked_crates():
    """The name and version of each crate whose code is in the executable, without build scripts and macros."""
    tree = cargo("tree", "--edges=normal,no-proc-macro", f"--target={TARGET}", "--prefix=none", "--format={p}")
    crates = {tuple(line.split()[:2]) for line in tree.splitlines()}
    return {(name, version.removeprefix("v")) for name, version in crates}


def license_texts(folder):
    """The texts of a crate's licenses, without those of which another is chosen."""
    files = sorted(file for file in folder.iterdir() if re.match(r"(?i)(licen[sc]e|copying|unlicense)", file.name))
    chosen = [file for file in files if not re.search(r"(?i)apache|unlicense|copying|license\.md", file.name)]
    return [file.read_text(encoding="utf-8").strip() for file in chosen or files]


def parts():
    """The name of each part and the text of its license."""
    _, mit = Path("LICENSE-MIT").read_text(encoding="utf-8").split("\n\n", 1)
    for name, owner in LIBRARIES:
        yield name, f"{owner}\n\n{mit.strip()}"
    crates = linked_crates()
    packages = json.loads(cargo("metadata", "--format-version=1"))["packages"]
    for package in sorted(packages, key=lambda package: (package["name"], package["version"])):
        if package["source"] is None or (package["name"], package["version"]) not in crates:
            continue
        texts = license_texts(Path(package["manifest_path"]).parent)
        if not texts:
            sys.exit(f"error: {package['name']} {package['version']} has no license text: add it to {__file__}")
        yield f"{package['name']} {package['version']} ({package['license']})", "\n\n".join(texts)


def main():
    # Many crates share a text, so each is printed once, after the names of those that have it.
    names = {}
    for name, text in parts():
        names.setdefault(text, []).append(name)
    rule = "=" * 80
    sections = (f"{rule}\n{chr(10).join(names)}\n\n{text}\n" for text, names in names.items())
    Path(sys.argv[1]).write_text("\n".join([HEADER, *sections]), encoding="utf-8")


main()
