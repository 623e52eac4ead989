# SPDX-License-Identifier: EUPL-1.2
"""What a person does in the chat, for tests of several packages at once."""

from playwright.sync_api import TimeoutError  # noqa: A004  the one its waits raise

from hausgeist.core.messages import Text
from hausgeist.store import chats
from hausgeist.store.chats import Conversation, Said


def ask(page, text, model=""):
    """Choose a model, write, press Enter."""
    page.wait_for_selector("#chat[data-live]")
    if model:
        page.select_option("#model", model)
    page.fill("#text", text)
    page.press("#text", "Enter")


def answered(page, answers=1):
    """Wait until so many answers stand there and none runs; gives the conversation's HTML."""
    try:
        page.wait_for_function(
            "n => document.querySelectorAll('.turn--assistant .turn__foot').length === n"
            " && !document.querySelector('[aria-busy]')",
            arg=answers,
        )
    except TimeoutError as error:
        raise AssertionError(page.locator("main").inner_html()) from error
    return thread(page)


def thread(page):
    """The conversation's HTML as the browser has it."""
    return page.locator("#thread").inner_html()


def again(page, answers=1):
    """Read the page anew; gives the conversation's HTML."""
    page.reload()
    page.wait_for_selector("#chat[data-live]")
    return answered(page, answers)


def attach(page, *files):
    """Choose files by the paperclip, and wait until they are read."""
    before = page.locator("#files [data-state=ready]").count()
    with page.expect_file_chooser() as chooser:
        page.click("#attach")
    chooser.value.set_files(
        [{"name": name, "mimeType": "x/y", "buffer": content} for name, content in files]
    )
    page.wait_for_function(
        "n => document.querySelectorAll('#files [data-state=ready]').length === n",
        arg=before + len(files),
    )


def texts(page):
    """The questions and answers that are shown."""
    return page.locator(".turn__text, .prose").all_inner_texts()


def long_talk(house, owner, texts):
    """A conversation of these texts in turn, question and answer; gives its address."""
    said = [
        Said(
            id=f"m{place:06d}",
            parent_id=f"m{place - 1:06d}" if place else None,
            role="assistant" if place % 2 else "user",
            parts=(Text(text),),
            created_at=place + 1,
            model="echo",
            zone="house",
        )
        for place, text in enumerate(texts)
    ]
    made = Conversation(
        id="c" * 32,
        title="Lang",
        model="echo",
        data_class="internal",
        leaf_id=None,
        created_at=1,
        updated_at=1,
    )

    def write(connection):
        chats.create(connection, owner, made)
        chats.add(connection, owner, made.id, said)

    house.server.house.store.write_now(write)
    return f"{house.url}/c/{made.id}"
