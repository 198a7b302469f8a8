"""The breakdown of a row, by the weights that its score was computed with."""

from collections.abc import Mapping

from app.reports.churn.scoring import WEIGHTS_BY_VERSION, Signal


def details_of(
    row: str, weights_by_version: Mapping[int, Mapping[Signal, float]] = WEIGHTS_BY_VERSION
) -> str:
    """Write the SQL of a row's breakdown as JSON; the weights of an unknown version are NULL.

    The weights are constants in the statement: to look them up for each row would take longer
    than all the rest of the breakdown.
    """
    listed = {
        version: ",".join(f"{weights[signal]:g}" for signal in Signal)
        for version, weights in weights_by_version.items()
    }
    cases = " ".join(
        f"WHEN {version} THEN CAST('{{{weights}}}' AS numeric[])"
        for version, weights in listed.items()
    )
    return f"churn_details({row}, CASE ({row}).scoring_version {cases} END)"
