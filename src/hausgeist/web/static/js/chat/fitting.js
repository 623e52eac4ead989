// SPDX-License-Identifier: EUPL-1.2
// Whether the attached files suit the chosen model: its window, its eyes, and the data class they raise.
// An estimate for the person who chooses; what is really sent is counted by the server, and said there.

import { announce } from "./announce.js";

const OFFERED = 3;  // models that are offered instead

export class Fitting {
  constructor(form, list) {
    this.model = form.elements.model;
    this.pick = form.elements.class;
    this.list = list;
    this.note = document.getElementById("files-note");
    this.words = list.dataset;
    this.number = new Intl.NumberFormat(document.documentElement.lang);
    this.said = "";
    this.model.addEventListener("change", () => this.look());
  }

  /** A file of a higher class raises the question's. */
  raise(word) {
    const words = [...this.pick.options].map((option) => option.value);
    if (words.indexOf(word) <= words.indexOf(this.pick.value)) return;
    this.pick.value = word;
    this.pick.dispatchEvent(new Event("change", { bubbles: true }));
    announce(this.words.raised.replace("{name}", this.pick.selectedOptions[0].textContent));
  }

  look() {
    const option = this.model.selectedOptions[0];
    const chips = [...this.list.querySelectorAll('[data-state="ready"]')];
    const room = Number(option?.dataset.room ?? 0);
    const tokens = (chars) => Math.ceil(chars / Number(this.words.perToken));
    let all = 0;
    for (const chip of chips) {
      const chars = Number(chip.dataset.chars);
      all += chars;
      this.mark(chip, chars && room ? tokens(chars) < room : null);
    }
    const parts = [];
    const blind = option && chips.some((chip) => "picture" in chip.dataset) && !("sees" in option.dataset);
    if (blind) parts.push(this.blind(option));
    if (room && tokens(all) >= room) {
      parts.push(this.words.part
        .replace("{tokens}", this.number.format(tokens(all)))
        .replace("{model}", () => option.textContent)
        .replace("{room}", this.number.format(room)));
    }
    this.note.replaceChildren(...parts.flat());
    this.note.hidden = !parts.length;
    const now = this.note.textContent;
    if (now && now !== this.said) announce(now);
    this.said = now;
  }

  mark(chip, fits) {
    chip.querySelector(".doc__fit")?.remove();
    if (fits === null) return;
    const mark = document.createElement("span");
    mark.className = `doc__fit doc__fit--${fits ? "yes" : "no"}`;
    mark.textContent = ` · ${fits ? this.words.fits : this.words.beyond}`;
    chip.querySelector(".doc__note").append(mark);
  }

  /** That the model cannot see, and who can. */
  blind(option) {
    const words = this.words.blind.replace("{model}", () => option.textContent);
    const others = [...this.model.options].filter((one) => "sees" in one.dataset).slice(0, OFFERED);
    if (!others.length) return [`${words} ${this.words.nobody} `];
    const buttons = others.map((one) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button docs__other";
      button.textContent = one.textContent;
      button.addEventListener("click", () => {
        this.model.value = one.value;
        this.model.dispatchEvent(new Event("change", { bubbles: true }));
        this.model.focus();
      });
      return button;
    });
    return [`${words} ${this.words.sighted} `, ...buttons];
  }
}
