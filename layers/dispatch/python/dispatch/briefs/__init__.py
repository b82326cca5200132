"""What an agent is told at its claim: the whole prompt, each part labelled by where it comes from. Nothing is cut to fit."""

from dispatch.briefs.origins import normalise
from dispatch.briefs.preparing import prepare
from dispatch.briefs.service import claim
from dispatch.briefs.shapes import Brief, BriefedClaim

__all__ = ["Brief", "BriefedClaim", "claim", "normalise", "prepare"]
