"""Jobs on GitHub Actions: a job carries no key of ours; GitHub vouches for who it is. Whose run it may act for is decided in `runs`."""

from urllib.parse import urlsplit

from pydantic import ValidationError

from dispatch.clients import github_oidc
from dispatch.clients.github_oidc import Unverified
from dispatch.kit.settings import settings
from dispatch.kit.shapes import Shape


class Job(Shape):
    """A job as GitHub describes it. `run_id` is GitHub's number of the workflow run, `workflow_ref` its file and branch."""

    repository: str
    workflow_ref: str
    ref: str
    event_name: str
    run_id: str
    run_attempt: str


def is_job_token(token: str) -> bool:
    """Whether this has the shape of a JWT. None of our own keys and tokens has."""
    return token.startswith("ey") and token.count(".") == 2


def read_job(token: str) -> Job:
    """The job that GitHub vouches for, to us and nobody else. Raises Unverified, NoKeys."""
    claims = github_oidc.verify(token, audience=audience())
    try:
        return Job.model_validate(claims)
    except ValidationError as error:
        raise Unverified(f"This job's token has no {error.errors()[0]['loc'][0]}.") from error


def audience() -> str:
    """For whom a job's token must be made out: this instance, as scheme and host."""
    url = urlsplit(settings().public_url)
    return f"{url.scheme}://{url.netloc}".lower()
