# SPDX-License-Identifier: EUPL-1.2
"""Calls become prompts and tasks: only with the owner's word, pseudonymised first, and gone when asked."""

import json

import pytest
from sqlalchemy import select
from trafficked import LABELS, NOW, SYSTEM, Place

from hausgeist.core.labels import DataClass, Purpose
from hausgeist.core.tasks import TaskKind
from hausgeist.core.terms import Terms
from hausgeist.errors import InvalidField, NotFound
from hausgeist.people.collected import Collected
from hausgeist.sealing import SealBroken
from hausgeist.store import deployments, items, traffic
from hausgeist.store.tables import suggestions, traffic_samples
from hausgeist.testing.echo import echo_card

CANARY = "Jutta Abendschön"
IBAN = "DE89 3704 0044 0532 0130 00"
LETTER = f"Sehr geehrte Frau {CANARY}, Ihre IBAN {IBAN} liegt vor. Die Laterne ist kaputt."
WORDS = ("Laterne", "Ampel", "Gruppe")
DAY = 86_400_000


@pytest.fixture
def place(store):
    """A house over an empty database, SQLite and PostgreSQL."""
    return Place(store)


def opened(place, owner):
    """All samples of somebody's prompts, in clear."""

    def read(connection):
        vault = place.traffic.vault
        return [
            (vault.text(one.text, one.id), vault.text(one.answer, one.id + " answer"))
            for row, _ in traffic.owned(connection, owner)
            for one in traffic.samples(connection, row.id, 100)
        ]

    return place.store.read_now(read)


def test_without_the_owners_word_nothing_is_collected(place):
    """A key is silent until its owner agrees; not a word of the call is anywhere in the database."""
    anna = place.person("anna")

    async def work():
        token, _ = await place.key(anna, yes=False)
        await place.ask(token, "KANARIENVOGEL singt im Amt", "Bau")
        assert place.gateway.tap.waiting == 0
        await place.work_off()

    place.run(work)
    assert place.counts() == (0, 0)
    assert "KANARIENVOGEL" not in place.everything()


def test_personal_data_are_replaced_before_anything_is_stored(place):
    """In the opened samples stand pseudonyms, in the answer the same ones; the rest is sealed."""
    anna = place.person("anna")

    async def work():
        token, _ = await place.key(anna)
        await place.ask(token, LETTER, f"Bau, für Frau {CANARY}")
        await place.work_off()

    place.run(work)
    ((text, answer),) = opened(place, anna)
    for word in ("Abendschön", "3704"):
        assert word not in text + answer + place.everything()
    assert "[[" in text
    assert "Laterne" in text
    assert "Laterne" not in place.everything()


def test_a_label_that_looks_like_a_name_stays_a_label(place):
    """What the prompt lists is let stand in the answer; a name in the letter is hidden all the same."""
    anna = place.person("anna")

    async def work():
        token, _ = await place.key(anna)
        await place.ask(token, LETTER, "Kita")
        await place.ask(token, f"Von {CANARY}: die Gruppe ist voll.", CANARY)
        await place.work_off()
        rows = place.store.read_now(lambda c: traffic.owned(c, anna))
        systems = [place.traffic.vault.prompt(row.body, row.id).system for row, _ in rows]
        assert systems[0] == SYSTEM or systems[1] == SYSTEM

    place.run(work)
    answers = {answer for _, answer in opened(place, anna)}
    assert "Kita" in answers
    assert not any("Abendschön" in one for one in answers)


def test_instructions_stay_and_names_in_them_do_not(place):
    """Verbs that begin a sentence look like names to a detector; a colleague's name is hidden there, too."""
    anna = place.person("anna")
    plain = "Klassifiziere die Zuschrift. Antworte mit Bau oder Kita."
    named = f"Du schreibst für {CANARY}. {plain}"

    async def work():
        token, _ = await place.key(anna)
        for system in (plain, named):
            await place.ask(token, "Die Laterne ist kaputt.", "Bau", system=system)
        await place.work_off()

    place.run(work)
    rows = place.store.read_now(lambda c: traffic.owned(c, anna))
    systems = {place.traffic.vault.prompt(row.body, row.id).system for row, _ in rows}
    assert plain in systems
    assert not any("Abendschön" in one for one in systems)


def test_where_the_examiner_is_down_the_call_is_dropped(place, tmp_path):
    """No detectors, no sample: it fails closed, and the caller notices nothing."""
    anna = place.person("anna")
    place.gateway.border.examiner.program = tmp_path / "missing.py"

    async def work():
        token, _ = await place.key(anna)
        await place.ask(token, LETTER, "Bau")
        await place.work_off()

    place.run(work)
    assert place.counts() == (0, 0)
    assert place.gateway.tap.dropped == 1


def test_taking_the_word_back_ends_it_at_once(place):
    """Also calls that wait already are not kept; what was collected goes if that is asked for."""
    anna = place.person("anna")

    async def work():
        token, key_id = await place.key(anna)
        await place.ask(token, "Die Ampel blinkt.", "Verkehr")
        await place.work_off()
        await place.ask(token, "Die Ampel steht.", "Verkehr")
        await place.identity.keys.agree(key_id, anna, anna, yes=False)
        await place.work_off()
        assert place.counts() == (1, 1)
        await place.ask(token, "Die Ampel ist grün.", "Verkehr")
        assert place.gateway.tap.waiting == 0
        assert await place.identity.keys.agree(key_id, anna, anna, yes=False, forget=True) == 1

    place.run(work)
    assert place.counts() == (0, 0)


def test_only_the_owner_of_a_key_agrees(place):
    """Another person, or an administrator for a person's key, finds no such key."""
    anna, bernd = place.person("anna"), place.person("bernd")

    async def work():
        _, key_id = await place.key(anna, yes=False)
        for owner in (bernd, None):
            with pytest.raises(NotFound):
                await place.identity.keys.agree(key_id, owner, "somebody", yes=True)

    place.run(work)


def test_a_reservoir_keeps_so_many_and_counts_all(place):
    """Beyond the limit a random one gives way; calls and their price are counted to the last."""
    anna = place.person("anna")
    place.traffic.samples_most = 10

    async def work():
        token, _ = await place.key(anna)
        await place.ask_many(token, 70)

    place.run(work)
    ((row, _),) = place.store.read_now(lambda c: traffic.owned(c, anna))
    assert (row.calls, row.samples, place.counts()) == (70, 10, (1, 10))
    assert row.micro_eur > 0
    assert row.unpriced == 0


def test_a_prompt_becomes_a_candidate_with_its_values(place):
    """Sixty letters to three departments are one prompt with three values and a price a month."""
    anna = place.person("anna")

    async def work():
        token, _ = await place.key(anna)
        await place.ask_many(token)
        return await place.candidates.listed(anna)

    (found,) = place.run(work)
    assert (found.calls, found.shape.kind) == (60, TaskKind.SINGLE)
    assert dict(found.shape.values) == dict.fromkeys(LABELS, 20)
    assert (found.prompt.system, found.different) == (SYSTEM, 3)
    assert found.micro_eur


def test_two_people_do_not_see_each_others_prompts(place):
    """Nor does an administrator a person's; a service's are not a person's."""
    anna, bernd = place.person("anna"), place.person("bernd")

    async def work():
        token, _ = await place.key(anna)
        await place.ask_many(token, 25)
        (found,) = await place.candidates.listed(anna)
        assert await place.candidates.listed(bernd) == []
        assert await place.candidates.listed(None) == []
        for owner in (bernd, None):
            with pytest.raises(NotFound):
                await place.candidates.one(owner, found.id)
            with pytest.raises(NotFound):
                await place.candidates.make(owner, found.id, "Post", bernd)

    place.run(work)


def test_a_task_is_made_with_texts_labels_and_suggestions(place):
    """Its texts are the gaps, its suggestions the model's answers; the prompt is remembered for service."""
    anna = place.person("anna")

    async def work():
        token, _ = await place.key(anna)
        before, after = (
            "Welche Abteilung (Bau, Verkehr, Kita)?\n\nZuschrift:\n",
            "\n\nEin Wort genügt.",
        )
        for n in range(45):
            said = f"{WORDS[n % 3]} {n * 7919}"
            await place.ask(token, before + said + after, LABELS[n % 3], system="")
        await place.work_off()
        (found,) = await place.candidates.listed(anna)
        made = await place.candidates.make(anna, found.id, "Zuschriften", anna)
        return made, await place.traffic.template_of(made.task.id)

    made, template = place.run(work)
    assert (made.texts, made.suggested) == (45, 45)
    assert [label.name for label in made.task.labels] == sorted(LABELS)
    held = place.store.read_now(lambda c: items.walk(c, made.task.id))
    assert {one.text for one in held} == {f"{WORDS[n % 3]} {n * 7919}" for n in range(45)}
    rows = place.store.read_now(lambda c: c.execute(select(suggestions)).mappings().all())
    assert {(row["producer"], row["model"], row["state"]) for row in rows} == {
        ("import", "large-70b", "ok")
    }
    assert template is not None
    assert (
        template.text_in(
            "Welche Abteilung (Bau, Verkehr, Kita)?\n\nZuschrift:\nx\n\nEin Wort genügt."
        )
        == "x"
    )
    assert (template.system, template.model, template.named) == ("", "large-70b", True)
    assert place.store.read_now(deployments.senders) == {made.task.id: 1}


def test_terms_that_forbid_training_leave_the_texts_alone(place):
    """No suggestion is made of the answers of a provider that does not allow it."""
    anna = place.person("anna")
    card = echo_card("large-70b", provider="large", terms=Terms(outputs_may_train=False))
    place.gateway.directory.put("large", place.provider, [card])

    async def work():
        token, _ = await place.key(anna)
        await place.ask_many(token, 25)
        (found,) = await place.candidates.listed(anna)
        return await place.candidates.make(anna, found.id, "Post", anna)

    made = place.run(work)
    assert (made.texts, made.suggested) == (25, 0)


def test_free_text_becomes_no_task(place):
    """Answers that are prose are refused with the reason."""
    anna = place.person("anna")

    async def work():
        token, _ = await place.key(anna)
        for n in range(25):
            answer = f"Vielen Dank für Ihre Zuschrift Nummer {n * 7919}. " * 12
            await place.ask(token, f"Fall {n * 31}", answer)
        await place.work_off()
        (found,) = await place.candidates.listed(anna)
        assert (found.shape.kind, found.shape.why) == (None, "prose")
        with pytest.raises(InvalidField):
            await place.candidates.make(anna, found.id, "Post", anna)

    place.run(work)


def test_records_become_fields(place):
    """A JSON answer with plain fields is a record; the types come from its values."""
    anna = place.person("anna")

    async def work():
        token, _ = await place.key(anna)
        for n in range(25):
            answer = json.dumps({"betrag": n * 3, "tag": f"2026-03-{n + 1:02}", "art": "ab"[n % 2]})
            await place.ask(token, f"Rechnung über {n * 3} Euro, Posten {n * 7919}", answer)
        await place.work_off()
        (found,) = await place.candidates.listed(anna)
        return await place.candidates.make(anna, found.id, "Rechnungen", anna)

    made = place.run(work)
    kinds = {one.key: one.type.value for one in made.task.fields}
    assert kinds == {"art": "choice", "betrag": "number", "tag": "date"}
    assert made.suggested == made.texts == 25


def test_conversations_of_people_and_special_data_are_never_taken(place):
    """The purpose of a chat, and what is declared specially protected, leave nothing behind."""
    anna = place.person("anna")

    async def work():
        token, _ = await place.key(anna)
        await place.ask(token, "Ein Gespräch", "Bau", purpose=Purpose.CHAT)
        assert place.gateway.tap.waiting == 0
        await place.ask(token, "Diagnose F32", "Bau", declared=DataClass.SPECIAL)
        await place.work_off()

    place.run(work)
    assert place.counts() == (0, 0)


def test_where_there_is_no_room_calls_are_dropped_and_counted(place):
    """A full queue never grows, and the call is answered all the same."""
    anna = place.person("anna")
    place.gateway.tap.most = 2

    async def work():
        token, _ = await place.key(anna)
        for n in range(5):
            await place.ask(token, f"Fall {n}", "Bau")
        assert (place.gateway.tap.waiting, place.gateway.tap.dropped) == (2, 3)

    place.run(work)


def test_samples_go_after_their_time(place):
    """Ninety days after they came, samples and prompts that were not seen since are gone."""
    anna = place.person("anna")
    collected = Collected(place.store, lambda: place.now, 90)

    async def work():
        token, _ = await place.key(anna)
        await place.ask(token, "Die Ampel blinkt.", "Verkehr")
        await place.work_off()
        place.now = NOW + 89 * DAY
        assert await collected.sweep() == 0
        place.now = NOW + 91 * DAY
        assert await collected.sweep() > 0

    place.run(work)
    assert place.counts() == (0, 0)


def test_what_a_person_is_told_and_what_goes_with_them(place):
    """The export names the figures of their keys' prompts; erasure takes prompts and samples along."""
    anna, bernd = place.person("anna"), place.person("bernd")

    async def work():
        for who in (anna, bernd):
            token, _ = await place.key(who)
            await place.ask(token, "Die Ampel blinkt.", "Verkehr")
        await place.work_off()

    place.run(work)
    told = place.store.read_now(lambda c: traffic.exported(c, anna))
    assert [(row["calls"], row["samples"]) for row in told] == [(1, 1)]
    assert place.store.write_now(lambda c: traffic.erase(c, anna)) == 1
    assert place.counts() == (1, 1)
    assert len(opened(place, bernd)) == 1


def test_samples_moved_to_another_row_open_no_more(place):
    """A sealed text belongs to its row."""
    anna = place.person("anna")

    async def work():
        token, _ = await place.key(anna)
        await place.ask_many(token, 2)

    place.run(work)
    rows = place.store.read_now(lambda c: c.execute(select(traffic_samples)).mappings().all())
    with pytest.raises(SealBroken):
        place.traffic.vault.text(rows[0]["text"], rows[1]["id"])
