// SPDX-License-Identifier: EUPL-1.2
// The field one writes in: keys, the draft that survives a reload, and the Ampel beneath, which follows
// the chosen model and data class. What may be sent where is the server's to say.

import { announce } from "./announce.js";
import { Attachments } from "./attach.js";
import { keepCorrections, recallCorrections } from "./corrections.js";

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
    this.text.addEventListener("input", () => { this.keep(); this.grow(); this.stale(); });
    this.text.addEventListener("keydown", (event) => this.key(event));
    form.addEventListener("change", ({ target }) => {
      if (["model", "class", "against"].includes(target.name)) this.ask();
    });
    this.shown = false;
    if (this.pictures) this.ask();  // the page did not know of them
    new MutationObserver(() => {
      if (this.pictures !== this.shown) this.ask();
    }).observe(this.files.list, { childList: true, subtree: true });
    recallCorrections(form);
    if (form.querySelector("option:checked:not([selected])")) this.ask();  // chosen before we came
  }

  /** Whether pictures go along, which nobody can look into. */
  get pictures() {
    return Boolean(this.files.list.querySelector("[data-picture]"));
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

  /** What was said of the text after a look holds for it as it was. */
  stale() {
    if (!this.looked) return;
    this.looked = false;
    this.ask();
  }

  /** The Ampel after a look: of this very text. */
  seen(html) {
    if (!html) return;
    this.asking?.abort();
    this.looked = true;
    this.light(html);
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
  may(again, knowing = false) {
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
    if (!knowing && "refused" in ampel.dataset) {
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
    keepCorrections(this.form, "said new");
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

  /** `html`: what stops it has ways on. */
  problem(message, html = "") {
    const place = document.getElementById("problem");
    place.innerHTML = html;
    if (html) return;
    if (!message) return;
    const notice = document.createElement("div");
    notice.className = "notice notice--bad";
    notice.setAttribute("role", "alert");
    notice.textContent = message;
    place.append(notice);
  }

  /** Only the answer to the last question counts. */
  async ask() {
    this.asking?.abort();
    this.asking = new AbortController();
    this.shown = this.pictures;
    this.looked = false;
    const { model, class: dataClass } = this.form.elements;
    const query = new URLSearchParams({ model: model.value, class: dataClass.value });
    const { assistant } = this.form.dataset;
    if (assistant) query.set("assistant", assistant);
    if (this.shown) query.set("pictures", "1");
    for (const box of this.form.querySelectorAll("[name=against]:checked")) query.append("against", box.value);
    try {
      const response = await fetch(`/ampel?${query}`, { signal: this.asking.signal });
      if (response.ok) this.light(await response.text());
    } catch {
      return;
    }
  }

  light(html) {
    document.getElementById("ampel").outerHTML = html;
    const ampel = document.getElementById("ampel");
    this.send.setAttribute("aria-disabled", "refused" in ampel.dataset);
    announce(ampel.textContent);
  }
}
