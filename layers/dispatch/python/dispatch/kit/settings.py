"""Every setting, by its name in the environment, with its default and what it does. The README's table is made from here."""

from decimal import Decimal
from functools import cache
from os import environ
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from dispatch.kit.errors import DispatchError

Count = Annotated[int, Field(ge=0)]
Dollars = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=6, allow_inf_nan=False)]


class BadSetting(DispatchError):
    """A setting cannot be read."""


class Settings(BaseModel):
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
    github_token: SecretStr = Field(SecretStr(""), description="Starts agents on GitHub Actions")
    github_ref: str = Field("", description="Branch whose workflow files are used; empty means the default branch")
    github_api_url: str = Field("https://api.github.com", description="GitHub's REST address (GitHub Enterprise has its own)")

    max_concurrent_spawns: Count = Field(8, description="Most agents at once, of every kind")
    max_concurrent_spawns_error: Count = Field(3, description="Most agents at once on production errors")
    max_concurrent_spawns_prd: Count = Field(5, description="Most agents at once that people asked for")
    daily_spawn_budget: Count | None = Field(None, description="Most runs a day, of every kind; unset means no such limit")
    daily_spawn_budget_error: Count = Field(10, description="Most runs a day on production errors")
    daily_spawn_budget_prd: Count = Field(20, description="Most runs a day that people asked for")
    daily_cost_limit_usd: Dollars = Field(Decimal(200), description="Most dollars a day (UTC), reserved and settled together")
    max_agent_cost_per_run: Annotated[Dollars, Field(gt=0, le=1000)] = Field(
        Decimal(25), description="Most dollars for one run, up to 1000; set aside before it starts"
    )
    spawn_kill_switch: bool = Field(False, description="`true` starts nothing any more")

    sqs_spawns_url: str = Field("", description="Queue of runs to start (set by the stack or the laptop)")
    sqs_turns_url: str = Field("", description="Queue of orchestrator turns (set by the stack or the laptop)")
    sockets_endpoint: str = Field("", description="`@connections` address (set by the stack or the laptop)")
    sockets_url: str = Field("", description="Address a browser opens its socket at (set by the stack or the laptop)")
    instance_hints: str = Field("", description="Sentences for the first-run banner, one a line (set by the laptop)")


@cache
def settings() -> Settings:
    """The settings as the environment has them now. Raises BadSetting with the name and the reason."""
    given: dict[str, Any] = {name: environ[name.upper()] for name in Settings.model_fields if environ.get(name.upper(), "") != ""}
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors()[0]
        raise BadSetting(f"{str(first['loc'][0]).upper()} cannot be read: {first['msg']}.") from None
