"""A deployment that whoever deploys tells of: where GitHub is told of none, and on a laptop."""

from dispatch import people
from dispatch.clients.github_deployments import DeploymentNow
from dispatch.deployments import store
from dispatch.deployments.service import counts, hear
from dispatch.deployments.shapes import NewDeployment, OtherCommit, Told
from dispatch.kit.actors import Actor
from dispatch.kit.errors import BadInput
from dispatch.kit.ids import new_id
from dispatch.kit.settings import settings
from dispatch.kit.work import Work


class NoRepository(BadInput):
    """Say which repository it is of: this instance has no GITHUB_REPO."""


def tell_deployment(work: Work, new: NewDeployment, *, actor: Actor) -> Told:
    """The deployment is known as far as it has come. Raises OtherCommit, NoRepository."""
    repository = new.repository or settings().github_repo
    if not repository:
        raise NoRepository
    own_id = new.id or str(new_id())
    external_id = f"told:{own_id}"
    if (store.find_sha(work.conn, repository, external_id) or new.sha) != new.sha:
        raise OtherCommit
    at = min(new.at or work.now, work.now)
    now = DeploymentNow(
        repository=repository,
        external_id=external_id,
        environment=new.environment,
        is_production=False,
        is_transient=False,
        sha=new.sha,
        state=new.state,
        url=new.url,
        began_at=at,
        at=at,
    )
    people.audit(work, actor, "deployment.told", f"deployment:{own_id}", after=new)
    return Told(id=own_id, counts=counts(now), answer=hear(work, now))
