# SPDX-License-Identifier: EUPL-1.2
"""Scripts of other sites: locked out by default, let in by name."""

from hausgeist.testing.served import Served

send = Served.request

PREFLIGHT = {
    "Origin": "https://app.example",
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization, x-stainless-lang",
}


def test_other_sites_scripts_are_locked_out_by_default(server):
    """No permission on the question, none on the answer."""
    asked = send(server, "OPTIONS", "/v1/models", key=None, headers=PREFLIGHT)
    got = send(server, "GET", "/v1/models", headers={"Origin": "https://app.example"})
    assert "access-control-allow-origin" not in asked.headers
    assert "access-control-allow-origin" not in got.headers


def test_a_site_that_was_let_in_may_call_and_read_errors(serve):
    """The origin named in the settings, and no other, gets permission; cookies never."""
    server = serve(cors_origins="https://app.example, https://other.example")
    asked = send(server, "OPTIONS", "/v1/chat/completions", key=None, headers=PREFLIGHT)
    assert asked.status == 204
    assert asked.headers["access-control-allow-origin"] == "https://app.example"
    allowed = asked.headers["access-control-allow-headers"]
    for name in ("authorization", "openai-beta", "anthropic-version", "x-stainless-lang"):
        assert name in allowed
    ours = {"Origin": "https://app.example"}
    failed = send(server, "GET", "/v1/models", key=None, headers=ours)
    assert failed.status == 401
    assert failed.headers["access-control-allow-origin"] == "https://app.example"
    assert "access-control-allow-credentials" not in failed.headers
    foreign = PREFLIGHT | {"Origin": "https://evil.example"}
    asked = send(server, "OPTIONS", "/v1/chat/completions", key=None, headers=foreign)
    assert "access-control-allow-origin" not in asked.headers
