# SPDX-License-Identifier: EUPL-1.2
"""Background work in a browser: the bar moves by itself, the end is announced, the focus is not lost."""

import pytest
from playwright.sync_api import expect

from hausgeist.core.jobs import JobState
from hausgeist.store import jobs

pytestmark = pytest.mark.browser


def test_a_job_is_followed_to_its_end_without_reloading(house, anna, visit, look):
    """The bar stays the same element while it moves; at the end words, a link, and no button to cancel."""
    served = house.server.house
    job = house.server.call(lambda: served.bench.jobs.submit("suggest", by=anna))
    now = served.now_ms()

    def step(done):
        values = {"done": done, "total": 1_000, "note": {"micro_eur": done * 1000}, "now_ms": now}
        served.store.write_now(lambda c: jobs.advance(c, job.id, "w", **values))

    page = visit(login="anna")
    page.goto(f"{house.url}/jobs/{job.id}")
    status = page.locator("[data-job-status]")
    served.store.write_now(lambda c: jobs.take(c, job.id, "w", now))
    step(250)
    expect(page.locator("progress")).to_have_js_property("value", 250)
    expect(status).not_to_be_empty()
    page.evaluate("document.querySelector('progress').mine = true")
    step(500)
    expect(page.locator("progress")).to_have_js_property("value", 500)
    assert page.evaluate("document.querySelector('progress').mine")
    look(page, "job-running")
    page.focus("[data-job-cancel] button")
    before = status.inner_text()
    end = {"state": JobState.DONE, "result": {}, "error": "", "now_ms": now}
    served.store.write_now(lambda c: jobs.end(c, job.id, "w", **end))
    expect(page.locator("[data-job-cancel]")).to_have_count(0)
    assert status.inner_text() not in {"", before}
    assert page.evaluate("document.activeElement.closest('[data-job-again]') !== null")
    look(page, "job-done")
