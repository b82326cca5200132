"""How large an instance is. `small` costs next to nothing while nobody works; `standard` stays up when a data centre does not."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Stage:
    """What differs between instances; everything else is the same for all.

    `acu` are Aurora capacity units (about 2 GB of memory each); a minimum of 0 lets the database pause. `provisioned` are containers kept
    warm, by function.
    """

    name: str
    acu: tuple[float, float]
    is_redundant: bool
    has_waf: bool
    has_proxy: bool
    nat: str
    backup_days: int
    provisioned: dict[str, int] = field(default_factory=dict[str, int])

    @property
    def pauses(self) -> bool:
        """Whether the database sleeps when nobody is connected."""
        return self.acu[0] == 0

    @property
    def most_connections(self) -> int:
        """What Aurora takes: by the memory of its largest size, and 2,000 where it may shrink to half a unit."""
        by_memory = int(self.acu[1] * 2 * 1024**3 / 9_531_392)
        return min(by_memory, 2000) if self.acu[0] <= 0.5 else by_memory


STAGES = {
    stage.name: stage
    for stage in (
        Stage("small", acu=(0, 4), is_redundant=False, has_waf=False, has_proxy=False, nat="instance", backup_days=7),
        Stage(
            "standard",
            acu=(0.5, 16),
            is_redundant=True,
            has_waf=True,
            has_proxy=True,
            nat="gateway",
            backup_days=35,
            provisioned={"api": 1, "sockets": 1},
        ),
    )
}
