"""One text, two engines: parameters laid in as literals of their type, one SELECT and nothing else, DuckDB or Spark.

Looking at SQL is for early and clear errors only; what a model can see is decided by what is physically in its
database (measured: to_json(t) and columns() pass any inspection).
"""
from __future__ import annotations

import duckdb
import sqlglot
from sqlglot import exp

from ..words import MatchError
from .contract import Model


def parse(model: Model) -> exp.Query:
    """The model's one SELECT; MatchError if it is anything else or calls for a parameter that does not exist."""
    try:
        found = [s for s in sqlglot.parse(model.sql, read="duckdb") if s is not None]
        text = ";".join(s.transform(lambda n: exp.null() if isinstance(n, exp.Placeholder | exp.Parameter) else n).sql(dialect="duckdb") for s in found)
        statements = duckdb.extract_statements(text)
    except (sqlglot.errors.SqlglotError, duckdb.Error) as e:
        first = str(e).splitlines()[0]
        raise MatchError("model_sql", f"模型 {model.id} 的语句有误：{first}", f"the SQL of model {model.id} is wrong: {first}") from e
    if len(found) != 1 or len(statements) != 1 or not isinstance(found[0], exp.Query) or statements[0].type != duckdb.StatementType.SELECT:
        raise MatchError("model_sql", f"模型 {model.id} 必须是一条 SELECT", f"model {model.id} must be one SELECT")
    tables = {t.name for t in found[0].find_all(exp.Table)}
    named = {c.alias for c in found[0].find_all(exp.CTE)}
    strange = sorted(t for t in tables - named - set(model.inputs) if t)
    if strange:
        raise MatchError("model_table", f"模型 {model.id} 用了合约之外的表 {strange}", f"model {model.id} uses tables outside its contract: {strange}")
    return found[0]


def rendered(model: Model, parameters: dict[str, str], dialect: str = "duckdb") -> str:
    """The SQL with its parameters as literals, in the engine's dialect."""
    tree = parse(model).copy()

    def replace(node: exp.Expression) -> exp.Expression:
        if not isinstance(node, exp.Placeholder | exp.Parameter):
            return node
        name = str(node.name)
        if name not in parameters:
            raise MatchError("parameter", f"模型 {model.id} 用了未声明的参数 {name}", f"model {model.id} uses an undeclared parameter {name}")
        return _literal(model.parameters[name].type, parameters[name])

    return tree.transform(replace).sql(dialect=dialect)


def _literal(kind: str, value: str) -> exp.Expression:
    if kind in ("integer", "number"):
        negative = value.startswith("-")
        number = exp.Literal.number(value.lstrip("+-"))
        return exp.Neg(this=number) if negative else number
    if kind == "date":
        return exp.Cast(this=exp.Literal.string(value), to=exp.DataType.build("date"))
    if kind == "codes":
        return exp.Literal.string("," + ",".join(c.strip() for c in value.split(",")) + ",")
    return exp.Literal.string(value)
