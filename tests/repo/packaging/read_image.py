"""Prints what an OCI image layout in a tar archive holds, as JSON, with every descriptor checked and replaced by its content."""

import gzip
import hashlib
import io
import json
import sys
import tarfile

with tarfile.open(sys.argv[1]) as archive:
    members = archive.getmembers()
    files = {member.name: archive.extractfile(member).read() for member in members}
unused = set(files) - {"index.json", "oci-layout", "manifest.json"}


def content(descriptor):
    path = "blobs/" + descriptor["digest"].replace(":", "/")
    data = files[path]
    unused.discard(path)
    if descriptor["digest"] != f"sha256:{hashlib.sha256(data).hexdigest()}" or descriptor["size"] != len(data):
        sys.exit(f"not the content of {descriptor}")
    kind = descriptor["mediaType"]
    if kind.endswith("+gzip"):
        data = gzip.decompress(data)
        with tarfile.open(fileobj=io.BytesIO(data)) as layer:
            entries = [
                {
                    "name": entry.name,
                    "mode": oct(entry.mode),
                    "owner": [entry.uid, entry.gid, entry.uname, entry.gname],
                    "time": entry.mtime,
                    "sha256": hashlib.sha256(layer.extractfile(entry).read()).hexdigest(),
                }
                for entry in layer
            ]
        return {"diff_id": f"sha256:{hashlib.sha256(data).hexdigest()}", "entries": entries}
    value = json.loads(data)
    if kind != value.get("mediaType", "application/vnd.oci.image.config.v1+json"):
        sys.exit(f"{descriptor} is not of its media type")
    return resolved(value)


def resolved(value):
    for key in ("config", "layers", "manifests"):
        if isinstance(value.get(key), dict) and "digest" in value[key]:
            value[key] = {**value[key], "content": content(value[key])}
        elif isinstance(value.get(key), list):
            value[key] = [{**item, "content": content(item)} for item in value[key]]
    return value


print(
    json.dumps(
        {
            "index": resolved(json.loads(files["index.json"])),
            "oci-layout": json.loads(files["oci-layout"]),
            "manifest.json": json.loads(files.get("manifest.json", b"null")),
            "unused": sorted(unused),
        }
    )
)
