// SPDX-License-Identifier: EUPL-1.2
// The strip of the last twenty decisions, newest first. Each opens again; the newest can be taken back,
// and so on without an end: beyond the strip the house knows what came before.

const SHOWN = 20;
const BEGIN = 70;

export class Past {
  /** `open(entry)` is called with a decision that is clicked. Entries: answer, item (id), payload, said. */
  constructor(list, task, open) {
    Object.assign(this, { list, task });
    this.entries = [...list.querySelectorAll("a")].map((one) => ({
      answer: one.dataset.answer, item: one.dataset.item, payload: null,
      said: one.querySelector(".past__said").textContent, begin: one.querySelector(".past__text").textContent,
    }));
    list.addEventListener("click", (event) => {
      const one = event.target.closest("a");
      if (!one || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      const entry = this.entries.find((each) => each.answer === one.dataset.answer);
      if (entry) open(entry);
    });
  }

  add(entry) {
    this.entries = [entry, ...this.entries].slice(0, 500);
    this.draw();
  }

  /** The newest decision, taken out of the strip. */
  take() {
    const entry = this.entries.shift();
    this.draw();
    return entry;
  }

  has(answer) { return this.entries.find((one) => one.answer === answer); }

  saved(answer) { this.list.querySelector(`[data-answer="${answer}"]`)?.removeAttribute("data-unsaved"); }

  draw() {
    this.list.replaceChildren(...this.entries.slice(0, SHOWN).map((one) => {
      const row = document.createElement("li");
      const link = document.createElement("a");
      link.className = "past__one";
      link.href = `/tasks/${this.task}/work?item=${one.item}`;
      Object.assign(link.dataset, { answer: one.answer, item: one.item });
      if (one.unsaved?.()) link.dataset.unsaved = "";
      const said = document.createElement("span");
      said.className = "past__said";
      said.textContent = one.said + (one.hard ? " ◆" : "");
      const text = document.createElement("span");
      text.className = "past__text";
      text.textContent = one.begin;
      link.append(said, " ", text);
      row.append(link);
      return row;
    }));
  }
}

/** The first words of a text, for the strip. */
export const beginOf = (text) => text.slice(0, BEGIN * 2).replace(/\s+/g, " ").trim().slice(0, BEGIN);
