# SPDX-License-Identifier: EUPL-1.2
"""A run of a thousand items whose worker is killed three times: nothing is lost, nothing done twice."""

import json
import subprocess
import sys
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from sqlalchemy import func, select
from teaching import school, truths

from hausgeist.store.tables import suggestions
from hausgeist.workbench.suggesting import IN_FLIGHT

ITEMS = 1_000
WORKER = Path(__file__).with_name("run_suggestions.py")


class Upstream(ThreadingHTTPServer):
    """Answers as the teacher does, and counts who is asked about."""

    daemon_threads = True

    def __init__(self, teacher):
        super().__init__(("127.0.0.1", 0), Answer)
        self.teacher = teacher
        self.asked = Counter()
        self.guard = threading.Lock()
        self.log = []


class Answer(BaseHTTPRequestHandler):
    """One answer."""

    def do_POST(self):
        """The teacher's answer to the text."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.guard:
            self.server.asked[body["text"]] += 1
            self.server.log.append(body["text"])
        said = json.dumps({"answer": self.server.teacher.writes(body["text"])}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_args):
        """Say nothing."""


def test_a_run_survives_three_kills(store):
    """After three kill -9 every item has its row; only calls on their way at a kill were repeated."""
    made = school(store, truths(ITEMS), accuracy=0.85)
    job = made.start()
    upstream = Upstream(made.teacher)
    serving = threading.Thread(target=upstream.serve_forever, daemon=True)
    serving.start()
    address = f"http://127.0.0.1:{upstream.server_address[1]}/"

    def kept():
        counted = select(func.count()).select_from(suggestions)
        return store.read_now(lambda c: c.execute(counted).scalar_one())

    def texts_kept():
        return {row.item_id for row in made.rows()}

    def worker():
        url = store.url
        return subprocess.Popen(
            [sys.executable, str(WORKER), url, job.id, address], stdout=subprocess.PIPE, text=True
        )

    ids = {one: f"i{at}" for at, (one, _) in enumerate(truths(ITEMS), 1)}
    marks = []
    try:
        for least in (150, 400, 700):
            child = worker()
            while kept() < least:
                assert child.poll() is None
            child.kill()
            child.wait()
            child.stdout.close()
            with upstream.guard:
                marks.append((texts_kept(), len(upstream.log)))
        last = worker()
        told, _ = last.communicate(timeout=60)
        assert last.returncode == 0
    finally:
        upstream.shutdown()
        upstream.server_close()
        serving.join()
    assert json.loads(told)["ok"] == ITEMS
    assert len(texts_kept()) == ITEMS
    assert set(upstream.asked) == set(ids)
    for done, since in marks:
        assert len(done) < ITEMS
        again = {ids[text] for text in upstream.log[since:]}
        assert not again & done, "what had its row was asked about again"
    again = sum(upstream.asked.values()) - sum(row.tries for row in made.rows())
    assert again <= 3 * IN_FLIGHT
