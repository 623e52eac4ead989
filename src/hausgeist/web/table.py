# SPDX-License-Identifier: EUPL-1.2
"""Every route there is, in two parts: what programs ask for, and the pages.

The pages are loaded with the first of them that is asked for, or a moment after the start: a server that
serves programs alone is ready sooner and smaller.
"""

from collections.abc import Callable, Sequence
from importlib import import_module

from hausgeist.web.api import anthropic, audio, ollama, ollama_models, openai, operations
from hausgeist.web.routes import Route

PAGES = (
    "assets",
    "api.jobs",
    "api.tasks",
    "pages.jobs",
    "pages.setup",
    "pages.login",
    "pages.sso",
    "pages.voice",
    "pages.chat_list",
    "pages.chat_search",
    "pages.chat_preview",
    "pages.chat",
    "pages.library_edit",
    "pages.library_files",
    "pages.library_use",
    "pages.library",
    "pages.files",
    "pages.shares",
    "pages.exports",
    "pages.imports",
    "pages.appeals",
    "pages.account",
    "pages.account_password",
    "pages.key_tasks",
    "pages.account_reading",
    "pages.my_data",
    "pages.receipts",
    "pages.temporary",
    "pages.admin",
    "pages.admin_users",
    "pages.admin_user",
    "pages.admin_groups",
    "pages.admin_announcements",
    "pages.admin_branding",
    "pages.admin_audit",
    "pages.admin_trail",
    "pages.admin_readings",
    "pages.admin_egress",
    "pages.brand",
    "pages.admin_keys",
    "pages.admin_retention",
    "pages.admin_holds",
    "pages.admin_words",
    "pages.admin_models",
    "pages.admin_providers",
    "pages.admin_service",
    "pages.admin_budgets",
    "pages.admin_prices",
    "pages.admin_costs",
    "pages.admin_breakeven",
    "pages.usage",
    "pages.admin_guards",
    "pages.admin_policy",
    "pages.admin_drill",
    "pages.admin_logins",
    "pages.admin_login",
    "pages.task_gate",
    "pages.task_service",
    "pages.task_room",
    "pages.task_people",
    "pages.tasks",
    "pages.task_suggestions",
    "pages.traffic",
    "pages.task_new",
    "pages.task_overview",
    "pages.task_items",
    "pages.task_guideline",
    "pages.task_work",
    "pages.work_live",
    "pages.task_bulk",
    "pages.task_settings",
    "pages.task_rules",
    "pages.task_labels",
    "pages.task_leave",
    "pages.task_students",
    "pages.task_student",
)
"""Modules of ``hausgeist.web`` with the routes of pages; where two patterns fit, the first wins."""


def programs() -> list[Route]:
    """The routes that programs use."""
    return [
        *openai.ROUTES,
        *audio.ROUTES,
        *anthropic.ROUTES,
        *ollama.ROUTES,
        *ollama_models.ROUTES,
        *operations.ROUTES,
    ]


def pages(every: Callable[[], Sequence[Route]]) -> list[Route]:
    """The routes of pages, and the description of all routes; ``every`` gives them."""
    found: list[Route] = []
    for name in PAGES:
        found += import_module(f"hausgeist.web.{name}").ROUTES
    found += import_module("hausgeist.web.openapi").describing(every)
    return found
