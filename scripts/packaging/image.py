#!/usr/bin/env python3
"""Writes the container images, and prints their paths: an OCI image layout of all architectures to push, and one archive per
architecture for `docker load`. Needs Python 3.11 and nothing else.

    scripts/packaging/image.py --version VERSION --executables DIR --out DIR [--arch ARCH …] [--name NAME]

DIR holds ARCH/healthprobe. Each image is FROM scratch and holds /healthprobe alone.
"""

import argparse
import gzip
import hashlib
import io
import json
import sys
import tarfile
import time
from calendar import timegm
from pathlib import Path

# The repository's folder stays as it is.
sys.dont_write_bytecode = True

import project

# nobody. A numeric id needs no /etc/passwd, and Kubernetes' runAsNonRoot can verify it.
USER = "65534:65534"
CONFIG = "application/vnd.oci.image.config.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def tar(files):
    """A tar archive of files, given as path, mode and content, whose bytes depend on these alone."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path, mode, data in files:
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode, entry.mtime = len(data), mode, timegm(project.build_time())
            archive.addfile(entry, io.BytesIO(data))
    return content.getvalue()


def gzipped(data):
    content = io.BytesIO()
    # Neither a name nor a time in the header.
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=content, mtime=0) as file:
        file.write(data)
    return content.getvalue()


def canonical_json(value):
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()


class Blobs:
    """The files of an OCI image layout under blobs/."""

    def __init__(self):
        self.content = {}

    def add(self, media_type, data):
        """Adds a file and returns its descriptor."""
        digest = hashlib.sha256(data).hexdigest()
        self.content[f"blobs/sha256/{digest}"] = data
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(data)}

    def add_json(self, media_type, value):
        return self.add(media_type, canonical_json(value))


def path_of(descriptor):
    return "blobs/" + descriptor["digest"].replace(":", "/")


def annotations(package, revision):
    """The metadata of an image, as labels of its configuration and as annotations of manifests and index."""
    repository = package["repository"]
    values = {
        "created": rfc3339(project.build_time()),
        "description": package["description"],
        "documentation": f"{repository}/blob/v{package['version']}/README.md",
        "licenses": package["license"],
        "revision": revision,
        "source": repository,
        "title": package["name"],
        "url": repository,
        "version": package["version"],
    }
    return {f"org.opencontainers.image.{key}": value for key, value in values.items() if value is not None}


def rfc3339(moment):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", moment)


def platform(arch):
    row = project.architecture(arch)
    value = {"os": "linux", "architecture": row["oci"]}
    if row["variant"]:
        value["variant"] = row["variant"]
    return value


def add_image(blobs, arch, executable, about):
    """Adds the image of one architecture. Returns the descriptors of its manifest, its configuration and its layer."""
    uncompressed = tar([("healthprobe", 0o755, executable)])
    created = rfc3339(project.build_time())
    layer = blobs.add(LAYER, gzipped(uncompressed))
    config = blobs.add_json(
        CONFIG,
        {
            **platform(arch),
            "created": created,
            "config": {"User": USER, "Entrypoint": ["/healthprobe"], "WorkingDir": "/", "Labels": about},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(uncompressed).hexdigest()}"]},
            "history": [{"created": created, "created_by": "COPY healthprobe /healthprobe"}],
        },
    )
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer], "annotations": about}
    return {**blobs.add_json(MANIFEST, manifest), "platform": platform(arch)}, config, layer


def layout(blobs, root, name, version, further=()):
    """An OCI image layout as a tar archive, whose only reference is this descriptor."""
    names = {"org.opencontainers.image.ref.name": version, "io.containerd.image.name": f"{name}:{version}"}
    index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [{**root, "annotations": names}]}
    files = {
        **blobs.content,
        "index.json": canonical_json(index),
        "oci-layout": canonical_json({"imageLayoutVersion": "1.0.0"}),
        **dict(further),
    }
    return tar((path, 0o644, files[path]) for path in sorted(files))


def loadable(arch, executable, about, name, version):
    """The image of one architecture as `docker load` takes it: older engines read manifest.json, newer ones index.json."""
    blobs = Blobs()
    root, config, layer = add_image(blobs, arch, executable, about)
    image = {"Config": path_of(config), "RepoTags": [f"{name}:{version}"], "Layers": [path_of(layer)]}
    return layout(blobs, root, name, version, {"manifest.json": canonical_json([image])}.items())


def pushable(executables, about, name, version):
    """The images of all these architectures, with an index over them."""
    blobs = Blobs()
    manifests = [add_image(blobs, arch, executable, about)[0] for arch, executable in executables.items()]
    index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests, "annotations": about}
    return layout(blobs, blobs.add_json(INDEX, index), name, version)


def main():
    parser = argparse.ArgumentParser(description="Writes the container images.")
    parser.add_argument("--version", required=True, help="the version, as in Cargo.toml")
    parser.add_argument("--executables", required=True, type=Path, metavar="DIR", help="holds ARCH/healthprobe")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR")
    parser.add_argument("--arch", action="append", help="only this architecture; repeatable; default: all")
    parser.add_argument("--name", help="the image's name; default: that of the release")
    arguments = parser.parse_args()

    package, version = project.cargo_package(arguments.version), arguments.version
    name = arguments.name or project.image_name(package)
    about = annotations(package, project.git("rev-parse", "HEAD"))
    # In the table's order, so that the bytes do not depend on the command line's.
    chosen = [arch for arch in project.architectures() if arguments.arch is None or arch in arguments.arch]
    for arch in arguments.arch or ():
        project.architecture(arch)
    executables = {
        arch: project.read_executable(arguments.executables / arch / "healthprobe", arch) for arch in chosen
    }
    files = {"": pushable(executables, about, name, version)}
    for arch, executable in executables.items():
        files[f"-{arch}"] = loadable(arch, executable, about, name, version)
    for suffix, data in files.items():
        path = arguments.out / f"{package['name']}-image{suffix}-v{version}.tar"
        project.write_file(path, data)
        print(path)


if __name__ == "__main__":
    main()
