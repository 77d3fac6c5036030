"""Prints what a wheel holds, as JSON."""

import base64
import csv
import email
import hashlib
import io
import json
import sys
import zipfile

with zipfile.ZipFile(sys.argv[1]) as wheel:
    entries = wheel.infolist()
    files = {entry.filename: wheel.read(entry) for entry in entries}


def only(suffix):
    (name,) = (name for name in files if name.endswith(suffix))
    return name


metadata = email.message_from_bytes(files[only("/METADATA")])
wrong = []
recorded = list(csv.reader(io.StringIO(files[only("/RECORD")].decode())))
for name, digest, size in recorded:
    data = files[name]
    hashed = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
    if (digest, size) != (f"sha256={hashed}", str(len(data))) and (name, digest, size) != (only("/RECORD"), "", ""):
        wrong.append(name)
print(
    json.dumps(
        {
            "files": [[entry.filename, oct(entry.external_attr >> 16)] for entry in entries],
            "metadata": [[key, value] for key, value in metadata.items()],
            "description": metadata.get_payload(decode=True).decode(),
            "wheel": files[only("/WHEEL")].decode(),
            "not as recorded": wrong,
            "not recorded": sorted(set(files) - {row[0] for row in recorded}),
        }
    )
)
