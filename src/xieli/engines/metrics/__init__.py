"""Figures from records: definitions in files, counted over facts, outcomes, moves, clocks, hand-overs, measures.

    book = load_book({"cases.yaml": text, …})          # MetricError names file and line
    query = compile_metric(book["liuzhi_dual"], AsOf(period, known_by))
    value = evaluate(book, "liuzhi_dual", period, run)  # `run` executes a query; the engine never touches a database
"""
from .compile import AsOf, Query, compile_metric, compile_rows, compile_total
from .compute import SMALL, Comparison, Figure, evaluate, hidden_in, remembering, suppress, whole_percent, written
from .load import load_book
from .model import Count, Metric, MetricBook, MetricError, Period
from .period import named_period, previous_years
from .released import Shown, gives_away
from .sources import SOURCES

__all__ = ["SMALL", "SOURCES", "AsOf", "Comparison", "Count", "Figure", "Metric", "MetricBook", "MetricError", "Period", "Query", "Shown", "compile_metric", "compile_rows", "compile_total", "evaluate",
           "gives_away", "hidden_in", "load_book", "named_period", "previous_years", "remembering", "suppress", "whole_percent", "written"]
