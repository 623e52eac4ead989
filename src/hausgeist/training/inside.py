# SPDX-License-Identifier: EUPL-1.2
"""The program of students' children; run by its path. They train, or answer; nobody else is in there.

Arguments: ``train`` or ``answer``, megabytes of address space, and a folder that may be read: for ``answer``
that of all students, for ``train`` that of the house's bases where one of them is trained further. Frames
(``frames.py``) flow in through stdin and out through stdout. It takes limits upon itself before it sees a
text: memory, no network, no programs, files only where Python is and in its own folder (the barriers of
``jobs.inside``), no core dump. The end of stdin is its end.
"""

import importlib.util
import os
import resource
import sys
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

HERE = Path(__file__).resolve().parent
SOURCES = HERE.parents[1]
OPEN_MOST = 128
MACHINE = ("/proc/cpuinfo", "/sys/devices/system/cpu")
"""What PyTorch looks at to see which instructions the processor has; without it, it takes the slowest."""
FILE_MOST = {"train": 2 * 1024**3, "answer": 0}
"""Bytes of a file that is written."""
MODELS_MOST = 8
"""Students that are loaded at the same time; the one that was not asked for longest goes."""
BYTES_MOST = 512 * 1024 * 1024
"""Of their files together."""


def main() -> None:
    """Give up, then train or answer."""
    work, megabytes, *folders = sys.argv[1:]
    out = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)  # what a library prints is no frame
    os.dup2(nothing, 2)
    # read once by numpy's libraries: work is shared out between models, never within one, so that sums
    # keep their order and short texts do not wait for a second core
    os.putenv("OPENBLAS_NUM_THREADS", "1")
    os.putenv("OMP_NUM_THREADS", "1")
    os.putenv("OMP_WAIT_POLICY", "PASSIVE")  # who waits for another thread of PyTorch's sleeps
    os.putenv("RAYON_NUM_THREADS", "1")  # of tokenizers
    sys.path.append(str(SOURCES))
    try:
        held = _give_up(work, int(megabytes), folders)
        from hausgeist.training import frames  # noqa: PLC0415  after the barriers
    except Exception:  # noqa: BLE001  the child supervisor's side: no frame can be said without frames
        os._exit(1)
    _Child(out, frames, folders).run(work, held)
    os._exit(0)  # nothing of a foreign library's shall run at the end


class _Child:
    """Reads orders, says replies. ``frames`` is the module: nothing of ours is imported before the limits."""

    def __init__(self, out: BinaryIO, frames: Any, folders: list[str]) -> None:
        import msgspec  # noqa: PLC0415  as frames

        self._out, self._frames = out, frames
        self._shelf = Path(folders[0]) if folders else None
        self._decoder = msgspec.msgpack.Decoder(frames.Order)
        self._models: OrderedDict[tuple[str, int], tuple[Any, int]] = OrderedDict()

    def run(self, work: str, held: list[str]) -> None:
        """Until stdin ends."""
        self._say(self._frames.Ready("", held))
        if work == "train":
            self._train()
            return
        while (order := self._next()) is not None:
            self._say(self._answer(order))

    def _say(self, reply: Any) -> None:
        self._out.write(self._frames.packed(reply))
        self._out.flush()

    def _next(self) -> Any:
        head = sys.stdin.buffer.read(4)
        if len(head) < 4:
            return None
        size = int.from_bytes(head)
        body = sys.stdin.buffer.read(size)
        return self._decoder.decode(body) if len(body) == size else None

    def _answer(self, order: Any) -> Any:
        from hausgeist.errors import HausgeistError  # noqa: PLC0415  as frames

        try:
            guesses = self._model(Path(order.folder)).predict(order.texts)
            return self._frames.Answer(order.id, [self._told(one) for one in guesses])
        except HausgeistError as error:
            values = {name: str(value) for name, value in error.values.items()}
            return self._frames.Answer(order.id, [], type(error).__name__, values)
        except MemoryError:
            os._exit(1)  # what is left of it cannot be trusted
        except Exception:  # noqa: BLE001  the child supervisor's side
            return self._frames.Answer(order.id, [], "StudentDown")

    def _told(self, guess: Any) -> Any:
        value = guess.value
        spans = tuple((one.start, one.end, one.label) for one in value.spans)
        return self._frames.Said(
            value.labels, spans, value.fields, guess.score, guess.ranked, guess.by, guess.far
        )

    def _model(self, folder: Path) -> Any:
        """The student of a folder, loaded once; one whose folder is gone is gone."""
        from hausgeist.errors import StudentBroken  # noqa: PLC0415  as frames
        from hausgeist.training.trainers import MANIFEST, load  # noqa: PLC0415  as frames

        try:
            when = (folder / MANIFEST).stat().st_mtime_ns
        except OSError:
            raise StudentBroken(file=MANIFEST) from None
        key = str(folder), when
        if key in self._models:
            self._models.move_to_end(key)
            return self._models[key][0]
        model = load(folder)
        size = sum(one.stat().st_size for one in folder.iterdir() if one.is_file())
        self._models[key] = model, size
        while len(self._models) > 1 and (
            len(self._models) > MODELS_MOST
            or sum(one for _, one in self._models.values()) > BYTES_MOST
        ):
            self._models.popitem(last=False)
        return model

    def _train(self) -> None:
        from dataclasses import replace  # noqa: PLC0415  as frames

        from hausgeist.core.tasks import Metric  # noqa: PLC0415  as frames
        from hausgeist.errors import HausgeistError  # noqa: PLC0415  as frames
        from hausgeist.training.lessons import Course, learn  # noqa: PLC0415  as frames
        from hausgeist.training.rungs import RUNGS  # noqa: PLC0415  as frames
        from hausgeist.training.trainers import Recipe  # noqa: PLC0415  as frames

        order = self._next()
        examples, dev = self._examples()
        recipe = replace(Recipe.of(order.recipe, threads=order.threads), shelf=self._shelf)
        for rung in order.rungs:
            own = replace(recipe, options={**recipe.options, **order.options.get(rung, {})})
            folder = Path(rung)
            folder.mkdir(exist_ok=True)

            def tell(line: dict[str, Any], rung: str = rung) -> None:
                self._say(self._frames.Line(rung, line))

            try:
                learn(Course(rung, own, Metric(order.metric)), examples, dev, folder, tell)
            except HausgeistError as error:
                values = {name: str(value) for name, value in error.values.items()}
                self._say(self._frames.Learned(rung, type(error).__name__, values))
            except ImportError:  # the extra that trains is not installed
                values = {"package": f"hausgeist[{RUNGS[rung].needs or 'students'}]"}
                self._say(self._frames.Learned(rung, "TrainingNotInstalled", values))
            else:
                self._say(self._frames.Learned(rung))

    def _examples(self) -> tuple[list[Any], list[Any]]:
        from hausgeist.core.answers import Example, Value  # noqa: PLC0415  as frames

        examples: list[Any] = []
        dev: list[Any] = []
        while (order := self._next()) is not None and order.rows:
            for row in order.rows:
                value = Value.decode(row.value)
                one = Example(row.item, row.text, value, row.weight, row.source)
                (dev if row.dev else examples).append(one)
        return examples, dev


def _give_up(work: str, megabytes: int, folders: list[str]) -> list[str]:
    """Limits, then the barriers; gives the names of those that hold."""
    for what, most in (
        (resource.RLIMIT_AS, megabytes * 1024 * 1024),
        (resource.RLIMIT_FSIZE, FILE_MOST[work]),
        (resource.RLIMIT_NOFILE, OPEN_MOST),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ValueError, OSError):  # systems that know a limit and do not keep it
            resource.setrlimit(what, (most, most))
    if work == "train":
        os.nice(10)  # whoever waits for an answer goes first
    place = HERE.parent / "jobs" / "inside.py"
    spec = importlib.util.spec_from_file_location("barriers", place)
    assert spec is not None
    assert spec.loader is not None
    barriers = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(barriers)
    held: list[str] = barriers.seclude(*folders, *MACHINE)
    return ["limits", *held]


if __name__ == "__main__":
    main()
