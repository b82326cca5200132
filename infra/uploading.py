"""Bringing the built site to its bucket: files that never change first and for ever, the page that names them last."""

import mimetypes
from pathlib import Path
from typing import Any

from infra.laptop.doors.site import ASK_FIRST, FOREVER

PACKED = {".br", ".gz"}  # CloudFront packs by itself


def upload(built: Path, *, bucket: str, distribution: str) -> list[str]:
    """Every file of the site is in the bucket, and CloudFront asks anew for those that may change; returns their keys in order.

    Who has the old page open still finds what it names: nothing is removed.
    """
    import boto3  # pyright: ignore[reportMissingTypeStubs]

    s3: Any = boto3.client("s3")  # pyright: ignore[reportUnknownMemberType]
    done: list[str] = []
    for path in sorted(_files(built), key=lambda path: (not _is_forever(path), path.suffix == ".html", path)):
        key = path.relative_to(built).as_posix()
        s3.put_object(
            Bucket=bucket,
            Key=key,
            Body=path.read_bytes(),
            ContentType=mimetypes.guess_type(path.name)[0] or "application/octet-stream",
            CacheControl=FOREVER if _is_forever(path) else ASK_FIRST,
        )
        done.append(key)
    changing = [f"/{key}" for key in done if "/immutable/" not in key]
    cloudfront: Any = boto3.client("cloudfront")  # pyright: ignore[reportUnknownMemberType]
    batch = {"Paths": {"Quantity": len(changing), "Items": changing}, "CallerReference": _reference(built)}
    cloudfront.create_invalidation(DistributionId=distribution, InvalidationBatch=batch)
    return done


def _files(built: Path) -> list[Path]:
    return [path for path in built.rglob("*") if path.is_file() and path.suffix not in PACKED]


def _is_forever(path: Path) -> bool:
    return "immutable" in path.parts


def _reference(built: Path) -> str:
    """The same for the same build: asked twice, CloudFront does it once."""
    return str((built / "index.html").stat().st_mtime_ns)


def empty(*buckets: str) -> None:
    """Nothing is in these buckets, since only an empty one can be removed."""
    import boto3  # pyright: ignore[reportMissingTypeStubs]

    for bucket in buckets:
        boto3.resource("s3").Bucket(bucket).objects.all().delete()  # pyright: ignore
