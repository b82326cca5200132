"""The templates of both stages, drawn once, with empty bundles: what is in those is another test's matter."""

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template
from cdk_nag import AwsSolutionsChecks

from infra import bundling
from infra.app import ROOT, make


class Drawn:
    """A stage's template, and the folder that `cdk synth` would leave."""

    def __init__(self, stage: str, folder: Path, **more: str) -> None:
        context = json.loads((ROOT / "cdk.json").read_text())["context"]
        app = cdk.App(context=context | {"stage": stage} | more, outdir=str(folder / "out"), analytics_reporting=False)
        stack = make(app, bundles=_empty_bundles(folder), site=_empty_site(folder))
        cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
        app.synth()  # raises where the rules find what is not explained
        self.folder = folder / "out"
        self.template = Template.from_json(json.loads((self.folder / f"{stack.stack_name}.template.json").read_text()))

    @property
    def resources(self) -> dict[str, Any]:
        """Every resource, by its logical id."""
        return self.template.to_json()["Resources"]

    def of(self, kind: str) -> dict[str, Any]:
        """The properties of every resource of the type, by logical id."""
        return {name: found.get("Properties", {}) for name, found in self.resources.items() if found["Type"] == kind}


@pytest.fixture(scope="session", params=["small", "standard"])
def drawn(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    return Drawn(request.param, tmp_path_factory.mktemp(request.param))


def _empty_bundles(folder: Path) -> Path:
    for name in ("layer", "packages", *bundling.bundles()):
        (folder / "bundles" / name).mkdir(parents=True)
        (folder / "bundles" / name / "empty").write_text(name)
    return folder / "bundles"


def _empty_site(folder: Path) -> Path:
    (folder / "site").mkdir()
    (folder / "site" / "index.html").write_text("<!doctype html><script>document.title = 'Dispatch'</script>")
    return folder / "site"
