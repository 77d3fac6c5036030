"""What wheel.py and image.py share: the project's metadata, the architectures, and the executable that is packaged."""

import os
import re
import subprocess
import sys
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OWN_LICENSES = (ROOT / "LICENSE-APACHE", ROOT / "LICENSE-MIT")

# The ELF header of an executable: class (1: 32 bits, 2: 64 bits), byte order (1: little, 2: big) and machine.
ELF_HEADERS = {
    "amd64": (2, 1, 62),
    "arm64": (2, 1, 183),
    "arm-v7": (1, 1, 40),
    "arm-v6": (1, 1, 40),
    "386": (1, 1, 3),
    "ppc64le": (2, 1, 21),
    "riscv64": (2, 1, 243),
    "s390x": (2, 2, 22),
}
PROGRAM_INTERPRETER = 3


def fail(message):
    sys.exit(f"error: {message}")


def cargo_package(version):
    """The table `package` of Cargo.toml, which must have this version."""
    package = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))["package"]
    if package["version"] != version:
        fail(f"--version is {version}, but Cargo.toml has {package['version']}; the executable prints that one")
    return package


def image_name(package):
    """The name of the published image, which README and Dockerfile.example use too: the repository's path at ghcr.io."""
    return "ghcr.io/" + package["repository"].removeprefix("https://github.com/").lower()


def architectures():
    """The rows of scripts/packaging/architectures by their first column."""
    rows = {}
    for line in (ROOT / "scripts/packaging/architectures").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            arch, target, wheel, oci, variant, debian, qemu = line.split()
            rows[arch] = {"target": target, "wheel": wheel, "oci": oci, "variant": None if variant == "-" else variant}
    return rows


def architecture(arch):
    rows = architectures()
    if arch not in rows:
        fail(f'no architecture "{arch}"; they are: {" ".join(rows)}')
    return rows[arch]


def read_executable(path, arch):
    """The bytes of an executable, which must be static and for this architecture."""
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        fail(f"{path}: {error.strerror}")
    if data[:4] != b"\x7fELF":
        fail(f"{path} is not an ELF executable")
    order = "little" if data[5] == 1 else "big"

    def number(offset, size):
        return int.from_bytes(data[offset : offset + size], order)

    found = (data[4], data[5], number(18, 2))
    if found != ELF_HEADERS[arch]:
        names = [name for name, header in ELF_HEADERS.items() if header == found]
        fail(f"{path} is for {' or '.join(names) or f'ELF machine {found[2]}'}, expected {arch}")
    if data[4] == 2:
        table, entry_size, entries = number(32, 8), number(54, 2), number(56, 2)
    else:
        table, entry_size, entries = number(28, 4), number(42, 2), number(44, 2)
    if any(number(table + entry * entry_size, 4) == PROGRAM_INTERPRETER for entry in range(entries)):
        fail(f"{path} is not static: it needs a dynamic linker")
    return data


def git(*arguments):
    """A line that git prints of this repository, or None."""
    try:
        output = subprocess.run(
            ["git", "-C", str(ROOT), *arguments], capture_output=True, check=True, text=True, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return output.stdout.strip() or None


def build_time():
    """SOURCE_DATE_EPOCH, or else the time of the commit: the same commit gives the same bytes."""
    text = os.environ.get("SOURCE_DATE_EPOCH") or git("log", "-1", "--format=%ct")
    if text is None or not re.fullmatch(r"[0-9]{1,10}", text):
        fail(f"SOURCE_DATE_EPOCH is {text!r}, expected seconds since 1970")
    return time.gmtime(int(text))


def write_file(path, data):
    """Writes a file at once and readable by all, whatever the umask is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{os.getpid()}")
    new.write_bytes(data)
    new.chmod(0o644)
    new.replace(path)
