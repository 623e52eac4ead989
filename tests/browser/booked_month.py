# SPDX-License-Identifier: EUPL-1.2
"""A house that was used for two months: people in groups, and their calls in the ledger."""

from sqlalchemy import Connection, insert

from hausgeist.store.tables import conversations, groups, ledger, users

DAY = 86_400_000
GROUPS = {
    "hochbau": ("Bauamt", "1200", 9),
    "schulen": ("Schulamt", "1300", 6),
    "forsten": ("Forst", "1200", 3),
}
MODELS = (
    ("leo-8b", "leo", "house", None),
    ("mia-3b", "mia", "eu", 2),
    ("gross", "far", "world", 11),
)


def furnish(connection: Connection, now_ms: int, *, key: str | None = None, days: int = 55) -> int:
    """People and their calls up to today, and those of a service's key; gives how many calls."""
    today = now_ms // DAY
    for group, (title, centre, count) in GROUPS.items():
        connection.execute(
            insert(groups).values(id=group, title=title, cost_centre=centre, created_at=0)
        )
        for n in range(count):
            person = f"{group}-{n}"
            connection.execute(
                insert(users).values(
                    id=person, login=person, name=f"{title} {n}", role="member", group_id=group,
                    locale="de", active=True, created_at=0,
                )
            )  # fmt: skip
            connection.execute(
                insert(conversations).values(
                    id=f"talk-{person}", owner_id=person, title="", model="leo-8b",
                    data_class="internal", created_at=0, updated_at=now_ms,
                )
            )  # fmt: skip
    rows = []
    for ago in range(days, -1, -1):
        weekday = (today - ago + 3) % 7
        for n in range(2 if weekday > 4 else 14 + (today - ago) % 5):
            group = list(GROUPS)[n % 3]
            model, provider, zone, price = MODELS[(n * 7 + ago) % 3]
            service = key if key and n % 6 == 0 else None
            read, written = 900 + 137 * n, 220 + 31 * (n % 9)
            rows.append(
                {
                    "call_id": f"old-{ago}-{n}",
                    "at": (today - ago) * DAY + 32_400_000 + n * 900_000,
                    "group_id": group, "cost_centre": GROUPS[group][1], "service_key": service,
                    "purpose": "chat", "model": model, "provider": provider, "zone": zone,
                    "data_class": "internal", "policy_version": "1", "input_tokens": read,
                    "output_tokens": written, "cached_tokens": 0, "reasoning_tokens": 0,
                    "estimated": n % 11 == 0,
                    "micro_eur": None if price is None else (read + 4 * written) * price * 40,
                    "price_source": "list", "energy_mwh": written * 2 if zone != "world" else None,
                    "energy_source": {
                        "house": "measured:rapl", "eu": "estimated:parameters", "world": "unknown",
                    }[zone],
                    "duration_ms": 900, "first_token_ms": 90, "outcome": "ok",
                }
            )  # fmt: skip
    rows = [row for row in rows if row["at"] < now_ms]
    connection.execute(insert(ledger), rows)
    return len(rows)
