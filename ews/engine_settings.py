"""Where features are computed: DuckDB on this machine, or the cluster that a state already rents."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from ews.errors import UsageError
from ews.strict_model import StrictModel


class EngineSettings(StrictModel):
    """The engine of snapshot, cohort, features and scores.

    Attributes
    ----------
    kind : str
        ``duckdb`` reads the workspace's store on this machine; ``spark`` needs the extra ``spark``.
    data : str or None
        Spark: a folder, or an address of the cluster's storage, in the layout of ``ews store export``.
    catalog : str or None
        Spark: instead of ``data``, the schema of the cluster's catalog that holds the tables.
    scores : str or None
        Spark: where scores are written; by default ``scores`` in the workspace.
    master, remote : str or None
        Spark: the cluster (``local[2]``, ``spark://...``), or a Spark Connect server (``sc://...``). Without
        either it is what ``spark-submit`` says.
    settings : dict
        Spark: settings of the session, by their own names.
    """

    kind: Literal["duckdb", "spark"] = "duckdb"
    data: str | None = None
    catalog: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*$")
    scores: str | None = None
    master: str | None = None
    remote: str | None = None
    settings: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _what_each_kind_needs(self) -> Self:
        if self.kind == "duckdb" and self.model_fields_set - {"kind"}:
            msg = "everything but kind belongs to kind: spark"
            raise ValueError(msg)
        if self.kind == "spark" and (self.data is None) == (self.catalog is None):
            msg = "give exactly one of data (a folder) and catalog (a schema of the cluster)"
            raise ValueError(msg)
        if self.master is not None and self.remote is not None:
            msg = "give master or remote, not both"
            raise ValueError(msg)
        return self

    def need_this_machine(self, command: str) -> None:
        """Raise :class:`~ews.errors.UsageError` if the engine is not the one that a command works with."""
        if self.kind == "duckdb":
            return
        raise UsageError(
            f"engine.kind is {self.kind}, and `{command}` computes on this machine",
            expected="kind: duckdb; on a cluster there are `ews train` and `ews score` (docs/spark.md)",
            where="engine.kind",
            next_step="use a configuration without engine, or run `ews train` or `ews score`",
        )
