# SPDX-License-Identifier: EUPL-1.2
"""A chat over a real database and an echo: two people, models of every kind."""

import time

import pytest
from talking import ANNA, BERND, Talk

from hausgeist.audit import Trail
from hausgeist.chat import Chat
from hausgeist.chat.files import Files
from hausgeist.chat.library import Library
from hausgeist.chat.shelf import Shelves
from hausgeist.core.labels import DataClass, Zone
from hausgeist.gateway import Directory, Gateway, Routes
from hausgeist.ledger import Book
from hausgeist.store import accounts
from hausgeist.testing.echo import EchoProvider, echo_card


@pytest.fixture
def talk(store):
    def people(connection):
        accounts.add_group(connection, "everyone", "Everyone", 0)
        for who in (ANNA, BERND):
            accounts.add_user(
                connection,
                id=who.id,
                login=who.id,
                name=who.name,
                role="member",
                group_id="everyone",
                locale="de",
                active=True,
                created_at=0,
            )

    store.write_now(people)
    echo = EchoProvider()
    directory = Directory()
    directory.put(
        "echo",
        echo,
        [
            echo_card(),
            echo_card("small", context=64),
            echo_card("abroad", zone=Zone.WORLD, cleared_for=DataClass.PUBLIC),
        ],
    )
    now = [1_790_000_000_000]

    def clock():
        now[0] += 1
        return now[0]

    trail = Trail(store, b"k" * 32, clock)
    gateway = Gateway(
        directory=directory,
        routes=Routes(directory, time.monotonic),
        book=Book(store, clock),
        trail=trail,
        now_ms=clock,
    )

    def renew():
        files, library = Files(store, clock), Library(store, trail, clock)
        return Chat(store, gateway, clock, files=files, library=library)

    def shelves_of(chat):
        return Shelves(store, clock, chat.ended)

    return Talk(renew(), echo, renew, shelves_of, directory, gateway, now)
