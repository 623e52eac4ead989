// SPDX-License-Identifier: EUPL-1.2
// Passages without a mouse: arrows move by word, Shift extends, a label's key sets, Delete removes. A mouse
// or a finger marks words as well. A model's passages are dotted, a person's solid; they never overlap.

import { Choice } from "./choice.js";
import { offsetIn, places, snapped, wordAt, words as wordsOf } from "./tokens.js";

const overlap = (one, other) => one.start < other.end && other.start < one.end;

export class Spans {
  /** `say` announces. Passages are kept in UTF-16 units here, and in code points outside. */
  constructor(task, root, many, words, say) {
    Object.assign(this, { task, root, words, say });
    this.text = root.querySelector("#text");
    this.list = root.querySelector("#passages");
    this.names = new Map(task.labels.map((one, at) => [one.key, { name: one.name, colour: at % 6 }]));
    this.text.tabIndex = 0;
    this.text.setAttribute("role", "application");
    this.text.setAttribute("aria-labelledby", "item-title");
    this.text.addEventListener("mouseup", () => this.marked());
    document.addEventListener("selectionchange", () => this.touched());
    root.querySelector("#choices").addEventListener("click", () => this.marked(), { capture: true });
    const decide = (value) => this.set(value.labels[0]);
    this.picker = new Choice({ ...task, kind: "single" }, root, many, words, decide, say);
    this.list.addEventListener("click", (event) => {
      const one = event.target.closest("[data-start]");
      if (one) this.remove(Number(one.dataset.start));
    });
  }

  show(item, start) {
    this.said = item.text;
    this.tokens = wordsOf(item.text);
    this.place = places(item.text);
    const own = item.before?.spans ?? (item.shown ? [] : start?.spans ?? []);
    this.spans = own.map((one) => this.inside(one, false));
    this.hints = (item.before ? [] : item.shown?.spans ?? []).map((one) => this.inside(one, true));
    this.from = this.to = 0;
    this.begun = false;
    this.draw();
    this.text.scrollTop = 0;
  }

  inside([start, end, label], dotted) {
    return { start: this.place.unit(start), end: this.place.unit(end), label, dotted };
  }

  value() {
    const spans = this.spans.map((one) => [this.place.code(one.start), this.place.code(one.end), one.label]);
    return { labels: [], spans, fields: [] };
  }

  /** Take a suggestion over: all of it, or the passage that the cursor stands in. */
  take(value) {
    this.spans = value.spans.map((one) => this.inside(one, false));
    this.hints = [];
    this.draw();
  }

  /** The words that are chosen, as one passage. */
  get chosen() {
    const [low, high] = [Math.min(this.from, this.to), Math.max(this.from, this.to)];
    return this.tokens.length ? { start: this.tokens[low][0], end: this.tokens[high][1] } : null;
  }

  /** Give the chosen words a label; a passage of exactly these words changes its label. */
  set(label) {
    if (!this.begun || !this.chosen) { this.say(this.words.select_first); return; }
    const made = { ...this.chosen, label, dotted: false };
    const there = this.spans.filter((one) => overlap(one, made));
    const same = there.length === 1 && there[0].start === made.start && there[0].end === made.end;
    const around = there.length === 1 && this.from === this.to ? there[0] : null;
    if (there.length && !same && !around) { this.say(this.words.overlaps); return; }
    if (around) Object.assign(made, { start: around.start, end: around.end });
    this.spans = [...this.spans.filter((one) => !there.includes(one)), made].sort((a, b) => a.start - b.start);
    this.hints = this.hints.filter((one) => !overlap(one, made));
    this.picker.clear();
    this.draw();
    this.say(this.named(made));
  }

  remove(start) {
    const gone = this.spans.find((one) => one.start === start);
    this.spans = this.spans.filter((one) => one !== gone);
    this.draw();
    if (gone) this.say(this.words.remove.replace("{text}", this.said.slice(gone.start, gone.end)));
  }

  /** Remove what the cursor stands in: a passage, else a suggestion. */
  removeHere() {
    const here = this.chosen;
    if (!here || !this.begun) return;
    const gone = this.spans.find((one) => overlap(one, here));
    if (gone) { this.remove(gone.start); return; }
    this.hints = this.hints.filter((one) => !overlap(one, here));
    this.draw();
  }

  named(one) {
    return this.words.passage.replace("{text}", this.said.slice(one.start, one.end)).replace("{label}", this.names.get(one.label)?.name ?? one.label);
  }

  move(step, extend) {
    if (!this.tokens.length) return;
    const last = this.tokens.length - 1;
    if (!this.begun) { this.begun = true; this.to = this.from = step > 0 ? 0 : last; }
    else this.to = Math.min(Math.max(this.to + step, 0), last);
    if (!extend) this.from = this.to;
    this.draw();
    this.text.querySelector(".cursor")?.scrollIntoView({ block: "nearest" });
    const { start, end } = this.chosen;
    const within = this.spans.find((one) => overlap(one, { start, end })) ?? this.hints.find((one) => overlap(one, { start, end }));
    const said = this.said.slice(start, end);
    this.say(within ? this.words.passage.replace("{text}", said).replace("{label}", this.names.get(within.label)?.name ?? "") : said);
  }

  line(step, extend) {
    const mark = this.text.querySelector(".cursor");
    if (!mark) { this.move(step, extend); return; }
    const box = mark.getBoundingClientRect();
    const per = Math.max(1, Math.round(this.text.clientWidth / Math.max(box.width, 60)));
    this.move(step * per, extend);
  }

  key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return false;
    const { key, shiftKey } = event;
    if (key === "ArrowRight" || key === "ArrowLeft") this.move(key === "ArrowRight" ? 1 : -1, shiftKey);
    else if (key === "ArrowDown" || key === "ArrowUp") this.line(key === "ArrowDown" ? 1 : -1, shiftKey);
    else if (key === "Home" || key === "End") this.move(key === "Home" ? -1e9 : 1e9, shiftKey);
    else if (key === "Delete") this.removeHere();
    else return this.picker.key(event);
    return true;
  }

  set claimed(claimed) { this.picker.claimed = claimed; }

  // A mouse or a finger: what is marked becomes the chosen words.
  marked() {
    const selection = getSelection();
    if (!selection.rangeCount || selection.isCollapsed) return this.clicked(selection);
    const range = selection.getRangeAt(0);
    if (!this.text.contains(range.commonAncestorContainer)) return undefined;
    const start = offsetIn(this.text, range.startContainer, range.startOffset);
    const end = offsetIn(this.text, range.endContainer, range.endOffset);
    selection.removeAllRanges();
    return this.choose(start, end);
  }

  clicked(selection) {
    if (!selection.rangeCount || !this.text.contains(selection.anchorNode)) return;
    const at = offsetIn(this.text, selection.anchorNode, selection.anchorOffset);
    selection.removeAllRanges();
    this.choose(at, at + 1);
  }

  choose(start, end) {
    const found = snapped(this.tokens, start, end);
    if (!found) return;
    this.begun = true;
    this.from = wordAt(this.tokens, found[0]);
    this.to = wordAt(this.tokens, found[1] - 1);
    this.draw();
    this.say(this.words.selection.replace("{text}", this.said.slice(...found)));
  }

  touched() {
    clearTimeout(this.timer);
    if (matchMedia("(pointer: coarse)").matches && !getSelection().isCollapsed) this.timer = setTimeout(() => this.marked(), 700);
  }

  // Plain text between a few marks: a text of a megabyte is a handful of nodes.
  draw() {
    const here = this.begun ? this.chosen : null;
    const cuts = new Set([0, this.said.length]);
    for (const one of [...this.spans, ...this.hints, ...(here ? [here] : [])]) { cuts.add(one.start); cuts.add(one.end); }
    const edges = [...cuts].sort((a, b) => a - b);
    const whole = document.createDocumentFragment();
    const marks = new Map();
    for (let at = 0; at + 1 < edges.length; at += 1) {
      const [start, end] = [edges[at], edges[at + 1]];
      let piece = document.createTextNode(this.said.slice(start, end));
      if (here && here.start <= start && end <= here.end) {
        const mark = document.createElement("span");
        mark.className = this.from === this.to ? "cursor" : "cursor cursor--wide";
        mark.append(piece);
        piece = mark;
      }
      const of = [...this.spans, ...this.hints].find((one) => one.start <= start && end <= one.end);
      if (of && !marks.has(of)) {
        const mark = document.createElement("mark");
        mark.className = of.dotted ? "span span--dotted" : "span";
        mark.dataset.colour = this.names.get(of.label)?.colour ?? 0;
        marks.set(of, mark);
        whole.append(mark);
      }
      (marks.get(of) ?? whole).append(piece);
      if (of && end === of.end) {
        const name = document.createElement("span");
        name.className = "span__label";
        name.textContent = ` ${this.names.get(of.label)?.name ?? of.label}`;
        marks.get(of).append(name);
      }
    }
    this.text.replaceChildren(whole);
    this.listed();
  }

  listed() {
    const rows = this.spans.map((one) => {
      const row = document.createElement("li");
      const button = document.createElement("button");
      Object.assign(button, { type: "button", className: "button button--ghost button--icon", textContent: "×" });
      button.dataset.start = one.start;
      button.setAttribute("aria-label", this.words.remove.replace("{text}", this.said.slice(one.start, one.end)));
      row.append(this.named(one), button);
      return row;
    });
    if (!rows.length) {
      const none = document.createElement("li");
      none.textContent = this.words.passages_none;
      rows.push(none);
    }
    this.list.replaceChildren(...rows);
  }
}
