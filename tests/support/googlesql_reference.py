"""Google's reference implementation of the dialect, over rows that a test writes down."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import wasmtime
from zetasql import types
from zetasql.api import CatalogBuilder, TableBuilder, TypeFactory, Value
from zetasql.core import ZetaSqlLocalService, wasm_client
from zetasql.types import TypeKind

from app.sources.warehouse.contract import Param

Row = Mapping[str, object]
_KINDS = {
    "INTEGER": TypeKind.TYPE_INT64,
    "INT64": TypeKind.TYPE_INT64,
    "STRING": TypeKind.TYPE_STRING,
    "FLOAT64": TypeKind.TYPE_DOUBLE,
    "BOOL": TypeKind.TYPE_BOOL,
    "DATE": TypeKind.TYPE_DATE,
    "TIMESTAMP": TypeKind.TYPE_TIMESTAMP,
}
_FIELDS = {
    bool: "bool_value",
    int: "int64_value",
    float: "double_value",
    str: "string_value",
}


class _CompiledOnce(wasmtime.Config):
    """Keeps what is compiled on the disk, so that only the first run ever waits half a minute."""

    def __init__(self) -> None:
        super().__init__()
        self.cache = True


class Reference:
    """The reference implementation."""

    def __init__(self) -> None:
        wasm_client.Config = _CompiledOnce
        self._service = ZetaSqlLocalService()

    def check(self, sql: str, params: Mapping[str, Param], columns: Mapping[str, str]) -> list[str]:
        """Return the types of the answer's columns; raise for SQL that BigQuery would refuse."""
        response = self._service.prepare_query(
            sql=sql, options=_options(params), simple_catalog=_catalog(columns), table_content={}
        )
        self._service.unprepare_query(prepared_query_id=response.prepared.prepared_query_id)
        return [column.type.type_kind.name for column in response.prepared.columns]

    def rows(
        self,
        sql: str,
        params: Mapping[str, Param],
        columns: Mapping[str, str],
        rows: Sequence[Row],
    ) -> list[tuple[int, ...]]:
        """Answer a query whose columns are all INT64 over `rows` of the table `events`."""
        cells = [types.TableData.Row(cell=_cells(nested(columns), row)) for row in rows]
        response = self._service.evaluate_query(
            sql=sql,
            options=_options(params),
            simple_catalog=_catalog(columns),
            table_content={"events": types.TableContent(table_data=types.TableData(row=cells))},
            params=[
                types.Parameter(name=name, value=_param(value)) for name, value in params.items()
            ],
        )
        answered = response.content.table_data
        return [
            tuple(cell.int64_value for cell in row.cell)
            for row in (answered.row if answered else [])
        ]


@cache
def reference() -> Reference:
    """Return the one of this process."""
    return Reference()


def nested(columns: Mapping[str, str]) -> dict[str, Any]:
    """Turn dotted names into records: {"meta.academy": "INT64"} is {"meta": {"academy": ...}}."""
    tree: dict[str, Any] = {}
    for path, kind in columns.items():
        record, dot, name = path.rpartition(".")
        (tree.setdefault(record, {}) if dot else tree)[name] = kind
    return tree


def _catalog(columns: Mapping[str, str]) -> types.SimpleCatalog:
    table = TableBuilder("events")
    for name, kind in nested(columns).items():
        table.add_column(name, _type(kind))
    builtin = types.ZetaSQLBuiltinFunctionOptions(
        language_options=types.LanguageOptions.maximum_features()
    )
    return CatalogBuilder("test").add_table(table.build()).with_builtin_functions(builtin).build()


def _type(kind: str | Mapping[str, str]) -> types.Type:
    if isinstance(kind, str):
        return TypeFactory.create_simple_type(_KINDS[kind])
    return TypeFactory.create_struct_type([(name, _type(each)) for name, each in kind.items()])


def _options(params: Mapping[str, Param]) -> types.AnalyzerOptions:
    return types.AnalyzerOptions(
        language_options=types.LanguageOptions.maximum_features(),
        query_parameters=[
            types.AnalyzerOptions.QueryParameter(name=name, type=_param_type(value))
            for name, value in params.items()
        ],
    )


def _param_type(value: Param) -> types.Type:
    if isinstance(value, datetime):
        return _type("TIMESTAMP")
    if isinstance(value, int):
        return _type("INT64")
    if isinstance(value, str):
        return _type("STRING")
    return TypeFactory.create_array_type(_type("INT64"))


def _param(value: Param) -> types.Value:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return types.Value(array_value=types.Value.Array(element=[_value(n) for n in value]))
    return _value(value)


def _cells(kinds: Mapping[str, Any], row: Row) -> list[types.Value]:
    return [
        types.Value(struct_value=types.Value.Struct(field=_cells(kind, _record(row, name))))
        if isinstance(kind, dict)
        else _value(row.get(name))
        for name, kind in kinds.items()
    ]


def _record(row: Row, name: str) -> Row:
    record = row[name]
    assert isinstance(record, dict), f"{name} is a record"
    return record


def _value(value: object) -> types.Value:
    if value is None:
        return types.Value()
    if isinstance(value, datetime):
        return Value.timestamp(value).to_proto()
    return types.Value(**{_FIELDS[type(value)]: value})
