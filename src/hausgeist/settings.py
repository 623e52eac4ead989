# SPDX-License-Identifier: EUPL-1.2
"""The one list of settings: name, type, default, help, secret or not.

Each field of ``Settings`` is a setting, and has the environment variable ``HAUSGEIST_<NAME>``. This is
the only module that reads the environment. The command line, ``doctor``, the docs and a test derive
from the same list.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, get_type_hints

from hausgeist.core.labels import DataClass
from hausgeist.errors import SetupError

PREFIX = "HAUSGEIST_"


def _setting(default: Any, text: str, *, secret: bool = False) -> Any:
    return field(default=default, metadata={"help": text, "secret": secret})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an operator may set. Sizes are bytes, durations seconds, unless the help says otherwise."""

    home: Path = _setting(Path(), "data directory; empty: the platform's user data directory")
    host: str = _setting("127.0.0.1", "address to listen on")
    port: int = _setting(8421, "port to listen on")
    public_url: str = _setting(
        "", "address people use, e.g. https://ki.example.de; empty: from host and port"
    )
    database_url: str = _setting(
        "", "postgresql://… ; empty: SQLite in the data directory", secret=True
    )
    default_class: DataClass = _setting(
        DataClass.INTERNAL,
        "data class of a call that nobody labelled: public, internal, personal, special",
    )
    default_model: str = _setting(
        "", "model offered first where no page says another; empty: the first one in the house"
    )
    language: str = _setting("de", "language before anybody has chosen one: de or en")
    max_body: int = _setting(20 * 1024 * 1024, "largest request body")
    file_most: int = _setting(50 * 1024 * 1024, "largest file that somebody may attach")
    files_unsent: int = _setting(50, "files one person may have attached and not yet sent")
    files_total: int = _setting(
        2 * 1024**3, "size of all files that one person may keep in conversations"
    )
    traffic_days: int = _setting(
        90, "days that samples of calls are kept whose owner agreed that a task may be made of them"
    )
    max_headers: int = _setting(100, "largest number of request headers")
    memory_budget: int = _setting(
        0, "memory that loaded models may use together; 0: 70 % of the machine's"
    )
    load_patience: float = _setting(60.0, "how long a call waits for a model to load before 503")
    own_networks: str = _setting(
        "",
        "public networks that are the organisation's own, comma-separated, e.g. 198.51.100.0/24; "
        "elsewhere no public address can be in the house",
    )
    upstream_connect_timeout: float = _setting(10.0, "time to connect to a provider")
    shutdown_grace: float = _setting(
        30.0, "how long running answers may take to finish at shutdown"
    )
    session_days: int = _setting(14, "days a login lasts without use")
    threads: int = _setting(0, "threads per engine; 0: the machine's cores")
    workers: int = _setting(
        1,
        "processes that `serve` starts for background work while there is some; 0: none, "
        "`hausgeist worker` runs elsewhere",
    )
    worker_jobs: int = _setting(
        2, "jobs that one worker does at the same time; the same for all workers"
    )
    gateway_url: str = _setting(
        "", "for `hausgeist worker`: address of the house, e.g. http://10.0.0.5:8421"
    )
    starter_model: bool = _setting(True, "fetch the starter model at first start")
    hf_endpoint: str = _setting(
        "https://huggingface.co", "hub for hf: sources (HF_ENDPOINT is read too)"
    )
    hf_token: str = _setting("", "token for gated repositories (HF_TOKEN is read too)", secret=True)
    log_level: str = _setting("info", "debug, info, warning or error")
    log_format: str = _setting("text", "text or json")
    metrics_token: str = _setting(
        "", "bearer token for /metrics; empty: loopback only", secret=True
    )
    trusted_proxies: str = _setting("", "addresses of reverse proxies, comma-separated")
    allowed_hosts: str = _setting("", "further host names this server answers to, comma-separated")
    cors_origins: str = _setting(
        "", "origins whose scripts may call the API, comma-separated; empty: none"
    )
    usd_eur_rate: float = _setting(
        0.0, "EUR for one US dollar, for list prices in dollars; 0: such prices stay unknown"
    )
    egress_allow: str = _setting(
        "", "further hosts the house may connect to, comma-separated host or host:port"
    )


def load(environ: Mapping[str, str] | None = None, **overrides: object) -> Settings:
    """Read the settings from the environment; keyword arguments win over it.

    Raises:
        SetupError: a value has the wrong type, or a variable with our prefix names no setting.
    """
    env = os.environ if environ is None else environ
    types = get_type_hints(Settings)
    names = {setting.name for setting in fields(Settings)}
    values: dict[str, object] = {}
    for key, raw in env.items():
        if not key.startswith(PREFIX):
            continue
        name = key.removeprefix(PREFIX).lower()
        if name not in names:
            raise SetupError(
                problem=f"{key} is not a setting.", advice="See `hausgeist doctor --settings`."
            )
        values[name] = _parse(key, raw, types[name])
    for name, foreign in (("hf_endpoint", "HF_ENDPOINT"), ("hf_token", "HF_TOKEN")):
        if name not in values and env.get(foreign):
            values[name] = env[foreign]
    values.update({name: value for name, value in overrides.items() if value is not None})
    if not values.get("home"):
        values["home"] = default_home()
    return Settings(**values)  # type: ignore[arg-type]  # names and types were checked above


def default_home() -> Path:
    """The platform's user data directory for Hausgeist."""
    from platformdirs import user_data_path  # noqa: PLC0415  only needed when no home is set

    return user_data_path("hausgeist", appauthor=False)


def child_environment() -> dict[str, str]:
    """The environment for a child process: ours, without any setting of ours (they may be secret)."""
    return {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(PREFIX) and key != "HF_TOKEN"
    }


def worker_environment(settings: Settings) -> dict[str, str]:
    """The environment for a worker of ours: ours, with these settings."""
    given = {
        PREFIX + one.name.upper(): _written(getattr(settings, one.name))
        for one in fields(Settings)
        if getattr(settings, one.name) != one.default
    }
    return {**child_environment(), **given}


def forget_environment(prefix: str) -> None:
    """Forget the variables with a prefix: a library would read them."""
    for key in [key for key in os.environ if key.startswith(prefix)]:
        del os.environ[key]


def _written(value: object) -> str:
    """A setting's value as ``_parse`` reads it."""
    return value.word if isinstance(value, DataClass) else str(value)


def _parse(key: str, raw: str, kind: type) -> object:
    try:
        if kind is bool:
            return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}[
                raw.strip().lower()
            ]
        if kind is DataClass:
            return DataClass.parse(raw)
        if kind is Path:
            return Path(raw).expanduser().absolute() if raw else Path()
        return kind(raw)
    except (ValueError, KeyError) as error:
        raise SetupError(
            problem=f"{key} has the value {raw!r}, which is no {kind.__name__}.",
            advice="Correct or unset it.",
        ) from error
