"""Every setting, by its name in the environment, with its default and what it does. The README's table is made from here."""

import json
from datetime import timedelta
from decimal import Decimal
from functools import cache, cached_property
from os import environ
from typing import Annotated, Any, Literal
from urllib.parse import quote

from pydantic import BeforeValidator, ConfigDict, Field, SecretStr, ValidationError

from dispatch.kit import clock
from dispatch.kit.errors import DispatchError
from dispatch.kit.secrets import SecretsUnavailable, read_secret
from dispatch.kit.shapes import Money, Shape

Count = Annotated[int, Field(ge=0, le=1_000_000)]
Dollars = Annotated[Money, Field(ge=0, max_digits=12, decimal_places=6, allow_inf_nan=False)]
RunDollars = Annotated[Dollars, Field(gt=0, le=1000)]


def _table(given: Any) -> Any:
    return json.loads(given) if isinstance(given, str) else given  # pydantic tells a ValueError as it tells its own


def _words(given: Any) -> Any:
    return [word.strip() for word in given.split(",") if word.strip()] if isinstance(given, str) else given


def _addresses(given: Any) -> Any:
    return _table(given) if isinstance(given, str) and given.strip().startswith("[") else _words(given)


Table = BeforeValidator(_table)
KEPT = timedelta(minutes=1)
_read = {"at": clock.now()}


class BadSetting(DispatchError):
    """A setting cannot be read."""


class Limits(Shape):
    """The limits on money, number and power. As settings they make the policy's first version; then they are edited as one."""

    max_concurrent_spawns: Count = Field(8, description="Most agents at once, of every kind")
    max_concurrent_spawns_error: Count = Field(3, description="Most agents at once on production errors")
    max_concurrent_spawns_prd: Count = Field(5, description="Most agents at once that people asked for")
    daily_spawn_budget: Count | None = Field(None, description="Most runs a day, of every kind; unset means no such limit")
    daily_spawn_budget_error: Count = Field(10, description="Most runs a day on production errors")
    daily_spawn_budget_prd: Count = Field(20, description="Most runs a day that people asked for")
    daily_cost_limit_usd: Dollars = Field(Decimal(200), description="Most dollars a day (UTC), reserved and settled together")
    daily_cost_limit_by_workflow: Annotated[dict[str, Dollars], Table] = Field(
        {}, description='Most dollars a day of single workflows, as JSON: `{"qa-test": 20}`'
    )
    daily_cost_limit_per_customer: Dollars | None = Field(
        None, description="Most dollars a day for one customer; unset means no such limit"
    )
    daily_cost_limit_by_customer: Annotated[dict[str, Dollars], Table] = Field(
        {}, description='The same for single customers, by their slug, as JSON: `{"acme": 50}`'
    )
    max_agent_cost_per_run: RunDollars = Field(Decimal(25), description="Most dollars for one run, up to 1000; set aside before it starts")
    max_agent_cost_by_workflow: Annotated[dict[str, RunDollars], Table] = Field(
        {}, description='The same for single workflows, as JSON: `{"auto-triage": 5}`'
    )
    spawn_cooldown_hours: Count = Field(24, description="An error that had a run starts no other by itself for so long")
    min_event_count_to_spawn: Count = Field(3, description="An error starts a run by itself once it was seen so often")
    immediate_spawn_sources: Annotated[list[str], BeforeValidator(_words)] = Field(
        ["ci-deploy", "migration", "infrastructure"], description="Sources whose errors start a run at once, as `one,another`"
    )
    spawn_delay_minutes: Count = Field(0, description="An error waits so long before it starts a run, in case it heals")
    max_waiting_reviews: Count = Field(0, description="No run starts by itself while so many plans and patches wait for people; 0 is off")
    plan_approval_days: Count = Field(14, description="An approved plan may be implemented for so long; 0 means for ever")
    breaker_failures: Count = Field(3, description="After so many failures in a row a workflow or an error rests; 0 is off")
    breaker_minutes: Count = Field(30, description="So long it rests, until one small run may try")
    breaker_probe_usd: RunDollars = Field(Decimal(5), description="Most dollars for that one run")


class Settings(Limits):
    """The settings of one process. Read once; a limit that is not a number is refused, never ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    pg_database_url: SecretStr = Field(SecretStr(""), description="Postgres with pgvector. On a laptop, unset means the embedded one")
    public_url: str = Field("http://localhost:3002", description="Where people reach this instance")
    dispatch_password: SecretStr = Field(SecretStr(""), description="Signs in the owner. On a laptop, generated when unset")
    dispatch_api_key: SecretStr = Field(SecretStr(""), description="Bearer key with all machine rights. On a laptop, generated when unset")

    app_name: str = Field("Dispatch", description="The name on the screens")
    app_description: str = Field("Autonomous Agent Orchestration Platform", description="The line under the name")
    default_issue_prefix: str = Field(
        "DISPATCH", description="Prefix of identifiers, as in `DISPATCH-123`", pattern="^[A-Z][A-Z0-9]{0,15}$"
    )
    default_workspace_name: str = Field("My Workspace", description="The workspace's name")
    brand_color: str = Field("#f9db00", description="The brand's colour", pattern="^#[0-9A-Fa-f]{6}$")
    brand_braille: str = Field("", description="The mark in the terminal, in braille characters; empty means the built-in one")

    anthropic_api_key: SecretStr = Field(
        SecretStr(""), description="Key for the orchestrator and agents. Unset on a laptop: the scripted model"
    )
    anthropic_base_url: str = Field("", description="Another address for the Messages API")
    model_provider: Literal["anthropic", "bedrock"] = Field("anthropic", description="`bedrock` uses AWS credentials instead of a key")
    orchestrator_model: str = Field("claude-opus-5-5", description="The terminal's model")
    orchestrator_max_tokens: Annotated[int, Field(ge=1, le=64000)] = Field(4096, description="Most tokens the model may write per call")
    orchestrator_max_tool_rounds: Annotated[int, Field(ge=1, le=100)] = Field(10, description="Most rounds of tool calls in one turn")
    agent_model: str = Field("claude-opus-5-5", description="The agents' model")

    github_repo: str = Field("", description="The target repository, `owner/name`. On a laptop, `TARGET_REPO` (a path) stands in")
    github_token: SecretStr = Field(
        SecretStr(""), description="Starts agents on GitHub Actions: a token with Actions write; Contents, Pull requests, Deployments read"
    )
    github_app_id: str = Field("", description="A GitHub App instead of a token: its id", pattern="^[0-9A-Za-z.]*$")
    github_app_private_key: SecretStr = Field(SecretStr(""), description="The App's private key, a PEM; its lines may be written as `\\n`")
    github_app_installation_id: str = Field(
        "", description="The App's installation; unset, it is looked up by the repository", pattern="^[0-9]*$"
    )
    github_webhook_secret: SecretStr = Field(SecretStr(""), description="GitHub signs its webhooks with it; while it is changed, `new,old`")
    production_environments: Annotated[list[str], BeforeValidator(_words)] = Field(
        ["production", "prod"], description="Environments whose deployments count, as `one,another`, in any case"
    )
    verification_hours: Annotated[int, Field(ge=1, le=336)] = Field(
        48, description="A fix of an error is watched for so long at least; up to 14 days where that proves nothing yet"
    )
    verify_without_deployments_minutes: Count = Field(
        30, description="Where no deployments are known, a fix is held to be in production so long after its merge"
    )
    deploy_workflows: Annotated[list[str], BeforeValidator(_words)] = Field(
        [], description="Workflows whose runs deploy to production, by name or file (`Deploy@main`: of that branch alone)"
    )
    github_oidc_issuer: str = Field(
        "https://token.actions.githubusercontent.com",
        description="Who vouches for jobs on GitHub Actions (GitHub Enterprise Server: `https://HOST/_services/token`)",
    )
    github_ref: str = Field("", description="Branch whose workflow files are used; empty means the default branch")
    github_api_url: str = Field("https://api.github.com", description="GitHub's REST address (GitHub Enterprise has its own)")

    loki_webhook_secret: SecretStr = Field(
        SecretStr(""),
        description="Bearer secret of Grafana's and Alertmanager's webhooks, or two, `new,old`; unset, `DISPATCH_API_KEY` counts",
    )
    sentry_client_secret: SecretStr = Field(
        SecretStr(""), description="Sentry signs its webhooks with it (its integration's client secret); while it is changed, `new,old`"
    )
    sentry_api_token: SecretStr = Field(
        SecretStr(""), description="Reads an error's details from Sentry: its integration's token, with Issue & Event read"
    )
    sentry_organization_slug: str = Field("", description="The organisation in Sentry, as in its address", pattern="^[a-z0-9_-]*$")
    sentry_url: str = Field(
        "https://sentry.io", description="Sentry's address (self-hosted Sentry has its own)", pattern="^https?://[^/?#]+/?$"
    )

    loki_url: str = Field(
        "",
        description="Grafana Loki with the application's logs, for agents and people to ask",
        pattern=r"^(https?://[^\s/@?#]+[^\s@?#]*)?$",
    )
    loki_selector: str = Field(
        "",
        description='Which streams there are the application\'s, as in `{app="shop"}`; no query leaves them',
        pattern=r'^(\{\s*\w+\s*(=|!=|=~|!~)\s*"([^"\\]|\\.)*"\s*(,\s*\w+\s*(=|!=|=~|!~)\s*"([^"\\]|\\.)*"\s*)*,?\s*\})?$',
    )
    loki_token: SecretStr = Field(SecretStr(""), description="Bearer token for Loki")
    loki_user: str = Field("", description="User for Loki, instead of a token")
    loki_password: SecretStr = Field(SecretStr(""), description="That user's password")
    loki_tenant: str = Field("", description="Tenant in a Loki of several (`X-Scope-OrgID`)", pattern=r"^[!-~]*$")
    log_queries_per_run: Count = Field(60, description="Most questions that one run may ask of the logs")

    notice_webhooks: Annotated[list[SecretStr], BeforeValidator(_addresses)] = Field(
        [], description="Addresses that are told what became of errors (Standard Webhooks), as `one,another` or a JSON list"
    )
    notice_webhook_secret: SecretStr = Field(
        SecretStr(""), description="Signs what they are told: `whsec_` and 24 to 64 bytes in base64; while it is changed, `new,old`"
    )
    notice_webhooks_private: bool = Field(False, description="`true` lets them have private addresses, and no TLS: for a laptop")

    spawn_kill_switch: bool = Field(False, description="`true` starts nothing any more")

    sqs_spawns_url: str = Field("", description="Queue of runs to start (set by the stack or the laptop)")
    sqs_turns_url: str = Field("", description="Queue of orchestrator turns (set by the stack or the laptop)")
    sockets_endpoint: str = Field("", description="`@connections` address (set by the stack or the laptop)")
    sockets_url: str = Field("", description="Address a browser opens its socket at (set by the stack or the laptop)")
    edge_key: SecretStr = Field(SecretStr(""), description="What CloudFront shows; requests without it are refused (set by the stack)")
    instance_hints: str = Field("", description="Sentences for the first-run banner, one a line (set by the laptop)")

    @cached_property
    def limits(self) -> Limits:
        """The limits alone."""
        return Limits.model_validate(self.model_dump(include=set(Limits.model_fields)))


@cache
def settings() -> Settings:
    """The settings as the environment has them now, and, in the cloud, the secrets. Raises BadSetting with the name and the reason."""
    known = _secrets() | {name: value for name, value in environ.items() if value != ""}
    given: dict[str, Any] = {name: known[name.upper()] for name in Settings.model_fields if known.get(name.upper(), "") != ""}
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors()[0]
        raise BadSetting(f"{str(first['loc'][0]).upper()} cannot be read: {first['msg']}.") from None


def refresh() -> None:
    """In the cloud, settings are read anew once a minute: a secret that was changed counts. Silent secrets leave them as they are."""
    if not environ.get("SETTINGS_SECRET") or clock.now() - _read["at"] < KEPT:
        return
    _read["at"] = clock.now()
    try:
        _secrets()
    except SecretsUnavailable:
        return
    settings.cache_clear()


def _secrets() -> dict[str, str]:
    """What `SETTINGS_SECRET` holds, by the settings' names; the edge's keys; the database's address with the login of `DATABASE_SECRET`."""
    if not (arn := environ.get("SETTINGS_SECRET")):
        return {}
    secrets = read_secret(arn)
    if shown := environ.get("EDGE_SECRET"):
        secrets["EDGE_KEY"] = ",".join(key for key in read_secret(shown).values() if key)
    if login := environ.get("DATABASE_SECRET"):
        held = read_secret(login)
        user = f"{quote(held['username'], safe='')}:{quote(held['password'], safe='')}"
        secrets["PG_DATABASE_URL"] = environ["DATABASE_ADDRESS"].replace("://", f"://{user}@", 1)
    return secrets
