# SPDX-License-Identifier: EUPL-1.2
"""Our own OpenAPI document: it covers the table, and nothing generated from it breaks the house."""

import json

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from visitors import Server

from hausgeist.core.people import Role
from hausgeist.web.openapi import document
from hausgeist.web.routes import Who

BROKEN = {500, 501}
"""5xx that would be our mistake; 502, 503, 504 speak of models, and there are none here."""

LEAVE_THE_HOUSE = {"/api/pull"}
BOUNDED = settings(
    max_examples=8,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory):
    """A house, an administrator's key and the document as the house serves it."""
    server = Server(tmp_path_factory.mktemp("fuzz") / "home")
    anna = server.person("anna", Role.ADMIN)
    token = server.key(anna.id, administers=True)
    answer = server.visitor().get("/openapi.json")
    assert answer.status == 200
    yield server, token, json.loads(answer.body)
    server.stop()


def test_the_document_covers_every_api_route(fuzzed):
    """What is in the table is in the document, pages excepted, and nothing else is."""
    server, _, found = fuzzed
    in_table = {
        (route.path.replace(":path", ""), route.method.lower())
        for route in server.edge.table.routes
        if route.dialect != "page"
    }
    in_document = {(path, method) for path, verbs in found["paths"].items() for method in verbs}
    assert in_document == in_table


def test_the_document_says_who_needs_a_credential(server):
    """A route that needs one is marked, one for anyone is not."""
    routes = [route for route in server.edge.table.routes if route.dialect != "page"]
    paths = document(routes)["paths"]
    for route in routes:
        operation = paths[route.path.replace(":path", "")][route.method.lower()]
        assert ("security" in operation) is (route.who is not Who.ANYONE), route.path


def test_the_page_lists_every_route_with_who_may(server):
    """For people: method, path and who may, derived from the same table."""
    text = server.visitor().get("/docs/api").text
    for route in server.edge.table.routes:
        if route.method != "HEAD":
            assert f"{route.method} {route.path.replace(':path', '')}" in text


def test_nothing_generated_from_the_document_breaks_a_route(fuzzed):
    """A bounded number of cases per operation, fitting and not fitting the schema: no broken answer."""
    server, token, found = fuzzed
    schema = schemathesis.openapi.from_dict(found)
    schema.config.update(base_url=f"http://127.0.0.1:{server.port}")
    tried = []

    def ask(case) -> None:
        response = case.call(headers={"Authorization": f"Bearer {token}"}, timeout=30)
        tried.append(response.status_code)
        assert response.status_code not in BROKEN, f"{case.method} {case.path}: {response.text}"

    for result in schema.get_all_operations():
        operation = result.ok()
        same_as = f"/v1{operation.path}"  # an alias of it
        if operation.path in LEAVE_THE_HOUSE or same_as in found["paths"]:
            continue
        if operation.method == "head":
            continue
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            if mode is GenerationMode.NEGATIVE and "requestBody" not in operation.definition.raw:
                continue
            BOUNDED(given(operation.as_strategy(mode))(ask))()
    assert len(tried) > 100
