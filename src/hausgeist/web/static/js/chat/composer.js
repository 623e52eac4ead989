// SPDX-License-Identifier: EUPL-1.2
// The field one writes in: keys, the draft that survives a reload, and the Ampel beneath, which follows
// the chosen model and data class. What may be sent where is the server's to say.

import { announce } from "./announce.js";
import { Attachments } from "./attach.js";

const touch = matchMedia("(pointer: coarse)");

export class Composer {
  constructor(form, words) {
    this.form = form;
    this.words = words;
    this.text = form.elements.text;
    this.send = document.getElementById("send");
    this.stop = document.getElementById("stop");
    this.busy = false;
    this.wants = false;
    this.restore();
    this.grow();
    this.files = new Attachments(this, () => this.filesReady());
    this.text.addEventListener("input", () => { this.keep(); this.grow(); });
    this.text.addEventListener("keydown", (event) => this.key(event));
    for (const pick of [form.elements.model, form.elements.class]) {
      pick.addEventListener("change", () => this.ask());
    }
    if (form.querySelector("option:checked:not([selected])")) this.ask();  // chosen before we came
  }

  get draft() {
    return `draft ${this.words.conversation || "new"}`;
  }

  restore() {
    if (!this.text.value) this.text.value = sessionStorage.getItem(this.draft) ?? "";
  }

  keep() {
    if (this.text.value) sessionStorage.setItem(this.draft, this.text.value);
    else sessionStorage.removeItem(this.draft);
  }

  /** The field grows with the words; newer browsers do it by themselves. */
  grow() {
    if (CSS.supports("field-sizing", "content")) return;
    this.text.rows = Math.min(12, Math.max(2, this.text.value.split("\n").length));
  }

  key(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || touch.matches) return;
    event.preventDefault();
    if (!this.send.hidden) this.form.requestSubmit(this.send);
  }

  /** A starter's words; the person goes on from there. */
  begin(words) {
    this.text.value = words;
    this.text.focus();
    this.keep();
    this.grow();
  }

  fields(again) {
    const fields = new FormData(this.form);
    if (again) {
      fields.set("again", again);
      fields.delete("text");
    }
    return fields;
  }

  /** Nothing is on its way any more: what waited for it is sent. */
  filesReady() {
    if (!this.wants) return;
    this.wants = false;
    this.form.requestSubmit(this.send);
  }

  /** Whether the border would let it go, and the files are there; says why not. */
  may(again) {
    this.problem("");
    if (!again && this.files.broken) {
      this.problem(this.files.words.broken);
      return false;
    }
    this.wants = !again && this.files.waiting;
    if (this.wants) {
      announce(this.files.words.wait ?? "");
      return false;
    }
    const ampel = document.getElementById("ampel");
    if ("refused" in ampel.dataset) {
      announce(ampel.textContent);
      return false;
    }
    return Boolean(again || this.text.value.trim() || this.files.any);
  }

  hold() {
    this.busy = true;
    this.held = [this.draft, this.files.key];  // where they are kept may change with the answer
    this.asked = this.text.value;
  }

  release() {
    this.busy = false;
  }

  /** The question was taken, with these files; what was written or attached since then stays. */
  sent(files) {
    for (const key of this.held) sessionStorage.removeItem(key);
    this.files.sent(files);
    if (this.text.value.startsWith(this.asked)) this.text.value = this.text.value.slice(this.asked.length);
    this.keep();
    this.grow();
  }

  /** A conversation has begun: later questions belong to it. */
  moveTo(conversation) {
    this.form.action = `/c/${conversation}`;
  }

  /** The next question follows this message. */
  follows(message) {
    this.form.elements.parent.value = message;
  }

  /** Stop takes the place of Send while an answer is written; a focus on either goes to the field. */
  running(yes) {
    const had = [this.send, this.stop].includes(document.activeElement);
    this.send.hidden = yes;
    this.stop.hidden = !yes;
    if (had) this.text.focus();
  }

  problem(message) {
    const place = document.getElementById("problem");
    place.textContent = "";
    if (!message) return;
    const notice = document.createElement("div");
    notice.className = "notice notice--bad";
    notice.setAttribute("role", "alert");
    notice.textContent = message;
    place.append(notice);
  }

  async ask() {
    const { model, class: dataClass } = this.form.elements;
    const query = new URLSearchParams({ model: model.value, class: dataClass.value });
    try {
      const response = await fetch(`/ampel?${query}`);
      if (!response.ok) return;
      document.getElementById("ampel").outerHTML = await response.text();
    } catch {
      return;
    }
    const ampel = document.getElementById("ampel");
    this.send.setAttribute("aria-disabled", "refused" in ampel.dataset);
    announce(ampel.textContent);
  }
}
