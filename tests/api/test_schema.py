"""The description: it is current, it is OpenAPI 3.1, and nothing the API answers lies outside it."""
from __future__ import annotations

import itertools
import json
import os
from pathlib import Path

import hypothesis
import pytest
import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

COPY = Path(__file__).resolve().parents[2] / "docs/openapi.json"
EXAMPLES = int(os.environ.get("XIELI_SCHEMA_EXAMPLES", "6"))  # a route; `make soak` asks 200
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance, negative_data_rejection]


def described() -> dict:
    from xieli.faces.api.describe import description

    return description()


def test_the_committed_description_is_current():
    assert json.loads(COPY.read_text("utf-8")) == described(), "run: xieli api openapi > docs/openapi.json"


def test_it_is_openapi_3_1_and_every_problem_is_a_problem():
    found = described()
    assert found["openapi"].startswith("3.1")
    for path, operations in found["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], (method, path)
            for code, response in operation["responses"].items():
                if int(code) >= 400:
                    assert list(response["content"]) == ["application/problem+json"], (method, path, code)


def app():
    from django.core.wsgi import get_wsgi_application

    return get_wsgi_application()


@pytest.mark.parametrize("person", ["chief3", "wuchuan-kin"])
def test_nothing_breaks_and_nothing_is_answered_that_is_not_described(stage, program, person, monkeypatch):
    """Schemathesis over the whole description, in-process: valid and invalid requests, real addresses among the invented ones."""
    from xieli.faces.api import limits

    monkeypatch.setattr("xieli.faces.api.gate.buckets", limits.Buckets(tick=itertools.count(0, 60).__next__))
    tool = program(person)
    schema = schemathesis.openapi.from_dict(described())
    wsgi = app()
    known = {"ref": [stage.ref("case"), stage.ref("channel"), "0000000000000"], "code": ["lead", "registration", "yj", "cn-mainland"], "name": ["scopes"], "move": ["accept"], "year": ["2026"]}
    tried = 0
    for result in schema.get_all_operations():
        operation = result.ok()

        @hypothesis.settings(max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, suppress_health_check=list(hypothesis.HealthCheck), phases=[hypothesis.Phase.generate])
        @hypothesis.given(case=operation.as_strategy(), real=hypothesis.strategies.booleans(), pick=hypothesis.strategies.integers(0, 10))
        def probe(case, real, pick):
            if real:
                for key, values in known.items():
                    if case.path_parameters and key in case.path_parameters:
                        case.path_parameters[key] = values[pick % len(values)]
            response = case.call(app=wsgi, headers={"Authorization": f"Bearer {tool.secret}"}, base_url="http://testserver")
            case.validate_response(response, checks=[c for c in CHECKS if not (real and c is negative_data_rejection)])

        probe()
        tried += 1
    assert tried >= 35


def test_a_method_that_is_not_described_is_refused_as_a_problem(stage, program):
    tool = program("chief3")
    for method in ("DELETE", "TRACE", "PATCH"):
        answer = tool.ask(method, "/matters", {})
        assert (answer.status_code, answer["Content-Type"]) == (405, "application/problem+json")
        assert "GET" in answer["Allow"]
