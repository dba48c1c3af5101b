"""A model as a folder of plain files with a manifest; verified before a single byte of it is parsed.

``manifest.json`` names the SHA-256 of every part; the model's digest is that of the manifest. LightGBM
can crash on, or predict nonsense from, a file that was cut short, so nothing reaches it unverified.
There is no code and no pickle in a model folder, and nothing in it is ever executed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ews.digests import canonical_json, digest_of
from ews.errors import ModelUnusable
from ews.features.matrix import CATEGORY_CODES, FEATURES, schema_digest
from ews.model.fitting import FittedModel
from ews.private_files import write_private

MANIFEST = "manifest.json"
_FORMAT = 1


def write_model(folder: Path, model: FittedModel) -> str:
    """Write a model's parts and manifest to a folder and return the model's digest."""
    parts = _parts_of(model)
    for name, content in parts.items():
        write_private(folder / name, content)
    manifest = _manifest_of(model, parts)
    write_private(folder / MANIFEST, manifest)
    return digest_of(manifest)


def digest_of_model(model: FittedModel) -> str:
    """Return the digest that :func:`write_model` returns, without writing anything."""
    return digest_of(_manifest_of(model, _parts_of(model)))


def _parts_of(model: FittedModel) -> dict[str, bytes]:
    return {
        "model.txt": model.text.encode(),
        "calibrator.json": canonical_json(model.calibrator),
        "category_codes.json": canonical_json(CATEGORY_CODES),
        "feature_schema.json": canonical_json({"features": list(FEATURES), "dtype": "float64"}),
    }


def _manifest_of(model: FittedModel, parts: dict[str, bytes]) -> bytes:
    return canonical_json(
        {
            "format": _FORMAT,
            "schema_digest": schema_digest(),
            "trees": model.trees,
            "parts": {name: digest_of(content) for name, content in parts.items()},
        }
    )


def read_model(folder: Path, model_digest: str) -> FittedModel:
    """Read a model after verifying every part of it.

    Raises
    ------
    ModelUnusable
        If the manifest is not the one that was registered, a part is missing or altered, or the model
        was made for other features than this version of ews computes.
    """
    manifest = _verified_manifest(folder, model_digest)
    contents = {name: _verified_part(folder, name, digest) for name, digest in manifest["parts"].items()}
    if manifest["schema_digest"] != schema_digest():
        raise _unusable(
            "the model was made for other features than this version of ews computes",
            "train and promote a model with this version",
        )
    return FittedModel(
        text=contents["model.txt"].decode(),
        trees=int(manifest["trees"]),
        calibrator=json.loads(contents["calibrator.json"]),
    )


def _verified_manifest(folder: Path, model_digest: str) -> dict[str, Any]:
    path = folder / MANIFEST
    if not path.is_file():
        raise _unusable("the model's manifest is missing", "restore the registry's artifacts from a backup")
    content = path.read_bytes()
    if digest_of(content) != model_digest:
        raise _altered("the model's manifest is not the one that was registered")
    manifest: dict[str, Any] = json.loads(content)
    return manifest


def _verified_part(folder: Path, name: str, digest: str) -> bytes:
    path = folder / name
    if not path.is_file():
        raise _altered(f"{name} of the model is missing")
    content = path.read_bytes()
    if digest_of(content) != digest:
        raise _altered(f"{name} of the model has been altered since it was audited")
    return content


def _altered(found: str) -> ModelUnusable:
    return _unusable(found, "restore the artifacts from a backup, or promote another version")


def _unusable(found: str, next_step: str) -> ModelUnusable:
    return ModelUnusable(
        found,
        expected="the very bytes that were evaluated and audited",
        where="the registry's artifacts",
        next_step=next_step,
    )
