# SPDX-License-Identifier: EUPL-1.2
"""Whether a model fits: the arithmetic, and what the machine says about its memory."""

import io
import subprocess
import sys
from pathlib import Path

import pytest

from hausgeist.errors import DoesNotFit
from hausgeist.gateway.weights import Header, available, budget, fit, read_header, read_path, total
from hausgeist.gateway.weights.fit import cache_per_token, overhead
from hausgeist.testing.gguf import tiny_model

GB = 1_000_000_000


def header(**changes: object) -> Header:
    """The header of a tiny model with other numbers."""
    data = tiny_model(**changes)
    return read_header(io.BytesIO(data), len(data))


LARGE = {  # the shape of a model with eight billion weights and grouped-query attention
    "llama__embedding_length": 4096,
    "llama__block_count": 32,
    "llama__attention__head_count": 32,
    "llama__attention__head_count_kv": 8,
    "llama__context_length": 131_072,
    "llama__feed_forward_length": 14_336,
}


def test_the_cache_counts_key_value_heads_only():
    """Published for Llama 3 8B: 128 KiB a token at F16, a quarter of what 32 heads would need."""
    assert cache_per_token(header(**LARGE)) == 128 * 1024
    all_heads = header(**{**LARGE, "llama__attention__head_count_kv": 32})
    assert cache_per_token(all_heads) == 4 * 128 * 1024


def test_given_head_lengths_win_over_the_quotient():
    """Some models have wider heads than the embedding suggests."""
    wide = header(**LARGE, llama__attention__key_length=256, llama__attention__value_length=128)
    assert cache_per_token(wide) == 32 * 8 * (256 + 128) * 2


def test_layers_without_attention_need_no_cache():
    """Hybrid models give one number of heads per layer."""
    hybrid = header(
        llama__block_count=2,
        llama__attention__head_count=[4, 4],
        llama__attention__head_count_kv=[2, 0],
    )
    assert cache_per_token(hybrid) == 2 * (8 + 8) * 2


def test_slots_multiply_the_cache():
    """Every conversation at a time has its own context."""
    model = header(**LARGE)
    one = fit(model, 5 * GB, context=8192, slots=1, budget=None).needed
    four = fit(model, 5 * GB, context=8192, slots=4, budget=None).needed
    assert four - one == 3 * 8192 * 128 * 1024
    assert one == 5 * GB + 8192 * 128 * 1024 + overhead(model)


def test_what_fits_is_said_to_fit():
    """And needs no advice."""
    found = fit(header(**LARGE), 5 * GB, context=8192, slots=1, budget=8 * GB)
    assert found.fits
    assert found.advice() == ""
    found.check("m")


def test_the_largest_context_is_offered():
    """With exactly that many tokens it fits, with one more it does not."""
    model = header(**LARGE)
    found = fit(model, 5 * GB, context=65_536, slots=2, budget=8 * GB)
    assert not found.fits
    assert fit(model, 5 * GB, context=found.largest_context, slots=2, budget=8 * GB).fits
    assert not fit(model, 5 * GB, context=found.largest_context + 1, slots=2, budget=8 * GB).fits
    with pytest.raises(DoesNotFit) as caught:
        found.check("large")
    assert str(found.largest_context) in str(caught.value)
    assert "8.0 GB" in str(caught.value)


def test_the_largest_context_is_never_beyond_the_trained_one():
    """More memory does not make a longer window."""
    found = fit(header(), 1000, context=256, slots=1, budget=100 * GB)
    assert found.largest_context == 256


def test_weights_that_are_too_large_leave_other_models():
    """No context makes it fit."""
    found = fit(header(**LARGE), 5 * GB, context=8192, slots=1, budget=4 * GB)
    assert (found.fits, found.largest_context) == (False, 0)
    assert "smaller model" in found.advice()


def test_unknown_memory_refuses_nothing():
    """Where the system does not tell, it is tried."""
    assert fit(header(**LARGE), 500 * GB, context=8192, slots=1, budget=None).fits


def machine(root: Path, files: dict[str, str]) -> Path:
    """A root directory with these files of the kernel."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


MEMINFO = "MemTotal:       16000000 kB\nMemFree: 1 kB\nMemAvailable:   8000000 kB\n"


def test_the_machines_memory_is_read(tmp_path: Path):
    """Available memory, not free memory."""
    root = machine(tmp_path, {"proc/meminfo": MEMINFO})
    assert (total(root), available(root)) == (16_384_000_000, 8_192_000_000)
    assert budget(0, root) == int(16_384_000_000 * 0.7)
    assert budget(123, root) == 123


def test_a_container_of_the_second_kind_has_its_own_limit(tmp_path: Path):
    """The smallest limit on the way up counts, and cached pages are no use."""
    group = "sys/fs/cgroup/a/b"
    root = machine(
        tmp_path,
        {
            "proc/meminfo": MEMINFO,
            "proc/self/cgroup": "0::/a/b\n",
            f"{group}/memory.max": "max\n",
            f"{group}/memory.current": "5\n",
            "sys/fs/cgroup/a/memory.max": "4000000000\n",
            "sys/fs/cgroup/a/memory.current": "3000000000\n",
            "sys/fs/cgroup/a/memory.stat": "anon 1\ninactive_file 500000000\n",
        },
    )
    assert (total(root), available(root)) == (4_000_000_000, 1_500_000_000)


def test_a_container_of_the_first_kind_has_its_own_limit(tmp_path: Path):
    """Inside a container the path is the host's, and the limit lies at the mount's root."""
    root = machine(
        tmp_path,
        {
            "proc/meminfo": MEMINFO,
            "proc/self/cgroup": "5:cpu:/docker/x\n4:memory:/docker/x\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": "2000000000\n",
            "sys/fs/cgroup/memory/memory.usage_in_bytes": "500000000\n",
        },
    )
    assert (total(root), available(root)) == (2_000_000_000, 1_500_000_000)


def test_a_group_without_a_limit_changes_nothing(tmp_path: Path):
    """The first kind writes a huge number instead of none."""
    root = machine(
        tmp_path,
        {
            "proc/meminfo": MEMINFO,
            "proc/self/cgroup": "4:memory:/\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
            "sys/fs/cgroup/memory/memory.usage_in_bytes": "500000000\n",
        },
    )
    assert available(root) == 8_192_000_000


def test_this_machine_has_memory():
    """The real files are read as well."""
    assert 0 < available() <= total()


LOAD = """
import os, sys
import xllamacpp
params = xllamacpp.CommonParams()
params.model.path = sys.argv[1]
params.n_ctx, params.n_parallel = int(sys.argv[2]) * int(sys.argv[3]), int(sys.argv[3])
params.warmup = False
server = xllamacpp.Server(params)
server.handle_completions({"prompt": "word " * 600, "max_tokens": 2})
pages = int(open("/proc/self/statm").read().split()[1])
print("resident", pages * os.sysconf("SC_PAGE_SIZE"), flush=True)
os._exit(0)
"""


@pytest.mark.engine
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(("context", "slots"), [(1024, 1), (8192, 1), (8192, 3)])
def test_the_estimate_holds_for_the_real_engine(starter_file: Path, context: int, slots: int):
    """What the engine really occupies is below the estimate, and above half of it."""
    done = subprocess.run(
        [sys.executable, "-c", LOAD, str(starter_file), str(context), str(slots)],
        capture_output=True,
        text=True,
        check=True,
    )
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("resident")]
    model = read_path(starter_file)
    needed = fit(model, model.size, context=context, slots=slots, budget=None).needed
    assert needed / 2 < int(line.split()[1]) < needed
