"""The hooks that run after each publication, in every process that runs reports."""

from collections.abc import Sequence

from app.alerts.hooks import AlertEvaluation
from app.runs.hooks import PublicationHook

HOOKS: Sequence[PublicationHook] = (AlertEvaluation(),)
