"""What a function unpacks stays far below what Lambda takes: 250 MB with its layers, of which each start reads a part."""

import zipfile
from pathlib import Path

import pytest

from tests.cloud import parts

MB = 1024 * 1024
MOST_UNPACKED = 120 * MB
MOST_PACKED = 40 * MB
MOST_OF_ITS_OWN = 1 * MB


@pytest.mark.parametrize("name", parts.HANDLERS)
def test_a_functions_own_files_are_small(built: Path, name: str):
    assert _size(built / name) < MOST_OF_ITS_OWN


def test_the_layers_are_small_unpacked_and_packed(built: Path, tmp_path: Path):
    layers = [built / "layer", built / "packages"]

    packed = tmp_path / "layers.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for layer in layers:
            for path in _files(layer):
                archive.write(path, path.relative_to(layer))

    assert sum(_size(layer) for layer in layers) < MOST_UNPACKED
    assert packed.stat().st_size < MOST_PACKED


def test_what_the_runtime_brings_is_not_brought_along(built: Path):
    assert [
        name for name in ("boto3", "botocore", "awslambdaric", "moto", "pytest") if (built / "packages" / "python" / name).exists()
    ] == []


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in _files(folder))


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
