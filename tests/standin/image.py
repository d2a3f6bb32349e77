"""An OCI image layout with one small layer, made without any tool."""
from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


def _layer() -> tuple[bytes, str]:
    """The compressed layer, and the digest of what is in it."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        text = b"hello from the stand-in\n"
        entry = tarfile.TarInfo("hello.txt")
        entry.size = len(text)
        tar.addfile(entry, io.BytesIO(text))
    data = plain.getvalue()
    return gzip.compress(data, mtime=0), \
        "sha256:" + hashlib.sha256(data).hexdigest()


def make(directory: Path, tag: str = "latest") -> Path:
    """Write the layout; returns its directory, for oci:DIR:TAG."""
    blobs = directory / "blobs" / "sha256"
    blobs.mkdir(parents=True)

    def put(data: bytes, kind: str) -> dict:
        digest = hashlib.sha256(data).hexdigest()
        (blobs / digest).write_bytes(data)
        return {"mediaType": kind, "digest": f"sha256:{digest}",
                "size": len(data)}

    layer, diff_id = _layer()
    config = put(json.dumps({
        "architecture": "amd64", "os": "linux",
        "config": {"Cmd": ["/hello.txt"]},
        "rootfs": {"type": "layers", "diff_ids": [diff_id]},
        "history": [{"created_by": "stand-in"}]}).encode(), CONFIG)
    manifest = put(json.dumps({
        "schemaVersion": 2, "mediaType": MANIFEST, "config": config,
        "layers": [put(layer, LAYER)]}).encode(), MANIFEST)
    manifest["annotations"] = {"org.opencontainers.image.ref.name": tag}
    (directory / "index.json").write_text(json.dumps(
        {"schemaVersion": 2, "manifests": [manifest]}))
    (directory / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
    return directory
