// SPDX-License-Identifier: EUPL-1.2
// Fields of a record, one after another: a value is typed, or picked by marking it in the text while the
// field is chosen. Types are checked here for a quick word, and by the house for good.

const NUMBER = /^[+-]?(\d{1,3}([.,'\u00a0\u202f ]\d{3})+|\d+)([.,]\d+)?$/;
const ISO = /^\d{4}-\d{2}-\d{2}$/;
const GERMAN = /^\d{1,2}\.\s?\d{1,2}\.\s?\d{4}$/;

export class Record {
  constructor(task, root, words, say, text) {
    Object.assign(this, { task, root, words, say, text });
    this.boxes = [...root.querySelectorAll("[data-field]")];
    this.last = null;
    root.querySelector("#boxes").addEventListener("focusin", (event) => { this.last = event.target; });
    root.querySelector("#boxes").addEventListener("change", (event) => this.check(event.target));
    text.addEventListener("mouseup", () => this.pick());
    text.addEventListener("touchend", () => setTimeout(() => this.pick(), 500));
  }

  inputs(box) { return [...box.querySelectorAll("input, select")]; }

  show(item, start) {
    const fields = (item.before ?? start)?.fields ?? [];
    for (const box of this.boxes) {
      const values = fields.filter(([key]) => key === box.dataset.field).map(([, value]) => value);
      for (const extra of this.inputs(box).slice(1)) extra.remove();
      const first = this.inputs(box)[0];
      first.value = values[0] ?? "";
      first.classList.toggle("input--suggested", Boolean(item.shown && values.length && !item.before));
      if ("many" in box.dataset) for (const value of [...values.slice(1), ""]) this.another(box, value);
      this.fault(first, "");
    }
    this.last = null;
  }

  another(box, value) {
    const first = this.inputs(box)[0];
    if (first.tagName === "SELECT") return;
    const made = document.createElement("input");
    made.className = "input";
    made.name = first.name;
    made.value = value;
    made.autocomplete = "off";
    made.setAttribute("aria-label", box.querySelector("label").textContent.trim());
    this.inputs(box).at(-1).after(made);
  }

  value() {
    const fields = [];
    let wrong = null;
    for (const box of this.boxes) {
      for (const input of this.inputs(box)) {
        if (!this.check(input)) wrong ??= input;
        const typed = input.value.trim();
        if (typed) fields.push([box.dataset.field, typed]);
      }
    }
    if (wrong) { wrong.focus(); return null; }
    return { labels: [], spans: [], fields };
  }

  take(value) { this.show({ before: value }, value); }

  /** Whether a value is of its field's type; says so beneath the field. */
  check(input) {
    const box = input.closest("[data-field]");
    const typed = input.value.trim();
    let fault = "";
    if (typed && box.dataset.type === "number" && !NUMBER.test(typed)) fault = this.words.not_number;
    if (typed && box.dataset.type === "date" && !real(typed)) fault = this.words.not_date;
    this.fault(input, fault);
    return !fault;
  }

  fault(input, words) {
    const place = input.closest("[data-field]").querySelector(".field__error");
    place.textContent = words;
    place.hidden = !words;
    input.toggleAttribute("aria-invalid", Boolean(words));
    if (words) { input.setAttribute("aria-invalid", "true"); this.say(words); }
  }

  /** Put what is marked in the text into the field that was chosen last, else the first empty one. */
  pick() {
    const selection = getSelection();
    if (selection.isCollapsed || !this.text.contains(selection.anchorNode)) return;
    const words = selection.toString().trim();
    const into = this.last ?? this.boxes.map((box) => this.inputs(box)[0]).find((one) => one.tagName === "INPUT" && !one.value);
    if (!words || !into || into.tagName !== "INPUT") return;
    into.value = words;
    into.classList.remove("input--suggested");
    this.check(into);
    into.focus({ preventScroll: true });
    this.say(this.words.selection.replace("{text}", words));
  }

  /** Enter goes to the next field, and sends from the last. */
  key(event) {
    if (event.key !== "Enter" || event.ctrlKey || !this.boxes.some((box) => box.contains(event.target))) return false;
    const all = this.boxes.flatMap((box) => this.inputs(box));
    const next = all[all.indexOf(event.target) + 1];
    if (!next) return false;
    this.check(event.target);
    next.focus();
    return true;
  }
}

/** Whether a date is one of the calendar. */
function real(typed) {
  const [day, month, year] = GERMAN.test(typed) ? typed.split(".").map(Number)
    : ISO.test(typed) ? typed.split("-").map(Number).reverse() : [0, 0, 0];
  const made = new Date(Date.UTC(year, month - 1, day));
  return made.getUTCDate() === day && made.getUTCMonth() === month - 1 && year > 999;
}
