#!/usr/bin/env python3
"""Writes the wheel that holds a static executable, and prints its path. Needs Python 3.11 and nothing else.

`pip install` puts the executable into the environment's `bin`. The wheel has no Python code, so none runs at a probe.

    scripts/packaging/wheel.py --version VERSION --arch ARCH --executable PATH --out DIR [--license-file PATH …]
"""

import argparse
import base64
import hashlib
import io
import re
import sys
import zipfile
from pathlib import Path

# The repository's folder stays as it is.
sys.dont_write_bytecode = True

import project

CLASSIFIERS = (
    "Environment :: Console",
    "Intended Audience :: Developers",
    "Operating System :: POSIX :: Linux",
    "Programming Language :: Rust",
    "Topic :: System :: Monitoring",
)
# Zip files know no earlier time.
EARLIEST_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


def platform_tags(machine):
    """The platforms that may install the wheel: those that PyPI accepts of glibc and musl. A static executable needs
    neither, but `linux_x86_64` and the like are refused there."""
    if machine == "armv6l":
        # Neither manylinux nor musllinux knows ARMv6. PyPI accepts this tag for the Raspberry Pi.
        return ["linux_armv6l"]
    if machine == "riscv64":
        # glibc 2.27 was the first for it, and manylinux_2_31 the first policy.
        return ["manylinux_2_31_riscv64", "musllinux_1_1_riscv64"]
    return [f"manylinux_2_17_{machine}", f"manylinux2014_{machine}", f"musllinux_1_1_{machine}"]


def python_version(version):
    """A version of Cargo's as PEP 440 writes it: 1.0.0-rc.1 is 1.0.0rc1."""
    parts = re.fullmatch(r"([0-9]+\.[0-9]+\.[0-9]+)(?:-(alpha|beta|rc)\.?([0-9]+))?", version)
    if parts is None:
        project.fail(f"version {version} has no counterpart in PEP 440; expected 1.2.3 or 1.2.3-rc.1")
    release, phase, number = parts.groups()
    return release if phase is None else f"{release}{ {'alpha': 'a', 'beta': 'b', 'rc': 'rc'}[phase]}{number}"


def description(package):
    """The README, with the links into the repository spelled out: PyPI would resolve them against its own address."""
    text = (project.ROOT / package.get("readme", "README.md")).read_text(encoding="utf-8")

    def absolute(link):
        kind = "raw" if link["image"] else "blob"
        return f"{link['label']}({package['repository']}/{kind}/v{package['version']}/{link['path']}"

    return re.sub(r"(?P<label>(?P<image>!?)\[[^\]]*\])\((?!https?:|#)(?P<path>[^)]+)", absolute, text)


def metadata(package, version, licenses):
    repository = package["repository"]
    lines = [
        "Metadata-Version: 2.4",
        f"Name: {package['name']}",
        f"Version: {version}",
        f"Summary: {package['description']}",
        f"License-Expression: {package['license']}",
        *(f"License-File: {name}" for name in licenses),
        f"Keywords: {','.join(package['keywords'])}",
        *(f"Classifier: {classifier}" for classifier in CLASSIFIERS),
        f"Project-URL: Repository, {repository}",
        f"Project-URL: Changelog, {repository}/blob/v{package['version']}/CHANGELOG.md",
        f"Project-URL: Issues, {repository}/issues",
        "Description-Content-Type: text/markdown; charset=UTF-8; variant=GFM",
        "",
        description(package),
    ]
    return "\n".join(lines).encode()


def record(files, path):
    """The file RECORD, with the hash of each other file."""
    lines = []
    for name, (_, data) in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        lines.append(f"{name},sha256={digest},{len(data)}\n")
    return "".join([*lines, f"{path},,\n"]).encode()


def wheel_files(package, version, tags, executable, licenses):
    """The wheel's files, as PEP 427 has them: path, mode and content. RECORD is the last."""
    prefix = f"{package['name']}-{version}"
    info = f"{prefix}.dist-info"
    wheel = ["Wheel-Version: 1.0", f"Generator: {package['name']}", "Root-Is-Purelib: false", *(f"Tag: {tag}" for tag in tags)]
    files = {
        f"{prefix}.data/scripts/{package['name']}": (0o755, executable),
        f"{info}/METADATA": (0o644, metadata(package, version, licenses)),
        f"{info}/WHEEL": (0o644, "".join(f"{line}\n" for line in wheel).encode()),
        **{f"{info}/licenses/{name}": (0o644, text) for name, text in licenses.items()},
    }
    files = dict(sorted(files.items()))
    path = f"{info}/RECORD"
    return {**files, path: (0o644, record(files, path))}


def archive(files):
    """A zip file whose bytes depend on the files alone."""
    moment = max(tuple(project.build_time())[:6], EARLIEST_ZIP_TIME)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, (mode, data) in files.items():
            entry = zipfile.ZipInfo(name, moment)
            entry.create_system = 3  # Unix, whose modes follow.
            entry.external_attr = (0o100000 | mode) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data, compresslevel=9)
    return content.getvalue()


def main():
    parser = argparse.ArgumentParser(description="Writes the wheel that holds a static executable.")
    parser.add_argument("--version", required=True, help="the version, as in Cargo.toml")
    parser.add_argument("--arch", required=True, help="a name in scripts/packaging/architectures")
    parser.add_argument("--executable", required=True, metavar="PATH")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR")
    parser.add_argument("--license-file", action="append", default=[], type=Path, metavar="PATH", help="beside the project's own")
    arguments = parser.parse_args()

    package = project.cargo_package(arguments.version)
    platforms = platform_tags(project.architecture(arguments.arch)["wheel"])
    executable = project.read_executable(arguments.executable, arguments.arch)
    version = python_version(arguments.version)
    licenses = {path.name: path.read_bytes() for path in [*project.OWN_LICENSES, *arguments.license_file]}
    tags = [f"py3-none-{platform}" for platform in platforms]
    files = wheel_files(package, version, tags, executable, licenses)
    path = arguments.out / f"{package['name']}-{version}-py3-none-{'.'.join(platforms)}.whl"
    project.write_file(path, archive(files))
    print(path)


if __name__ == "__main__":
    main()
