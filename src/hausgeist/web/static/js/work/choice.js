// SPDX-License-Identifier: EUPL-1.2
// Labels as buttons: one decides (single) or several are ticked (multi). With more than ten of them, typing
// letters narrows them, digits take one of those that are left, Enter takes the first.

/** Letters as they are compared: without case and accents. */
const plain = (text) => text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");

export class Choice {
  /** `decide(value)` is called when a single label is chosen; `say` announces. */
  constructor(task, root, many, words, decide, say) {
    Object.assign(this, { task, root, many, words, decide, say });
    this.multi = task.kind === "multi";
    this.buttons = [...root.querySelectorAll("[data-label]")];
    this.filter = root.querySelector("#filter");
    this.texts = new Map(this.buttons.map((one) => {
      const label = task.labels.find((each) => each.key === one.dataset.label);
      return [one, plain(`${label.name} ${label.key}`)];
    }));
    root.querySelector("#choices").addEventListener("click", (event) => this.clicked(event));
    this.filter?.addEventListener("input", () => this.narrow());
  }

  clear() { if (this.filter) { this.filter.value = ""; this.narrow(); } }

  /** Whether a key does something else; set by the page. */
  claimed() { return false; }

  clicked(event) {
    const one = event.target.closest("[data-label]");
    if (!one || this.multi) return;
    event.preventDefault();
    if (event.detail) one.blur();  // a mouse leaves no focus behind for the space bar to press
    this.set(one.dataset.label);
  }

  show(item, start) {
    const labels = new Set(start?.labels ?? []);
    for (const one of this.buttons) {
      const on = labels.has(one.dataset.label);
      const box = one.querySelector("input");
      if (box) box.checked = on && !item.shown;
      one.classList.toggle("choice--chosen", !box && on && Boolean(item.before));
      one.classList.toggle("choice--suggested", Boolean(item.shown?.labels.includes(one.dataset.label)));
    }
    if (item.before && this.multi) {
      for (const one of this.buttons) one.querySelector("input").checked = item.before.labels.includes(one.dataset.label);
    }
    this.clear();
  }

  /** What is chosen now. */
  value() {
    const labels = this.buttons.filter((one) => one.querySelector("input")?.checked).map((one) => one.dataset.label);
    return { labels, spans: [], fields: [] };
  }

  /** Take a suggestion over. */
  take(value) {
    if (!this.multi) return;
    for (const one of this.buttons) one.querySelector("input").checked = value.labels.includes(one.dataset.label);
  }

  /** A label by its key: decide with it, or tick it. */
  set(key) {
    if (!this.multi) { this.decide({ labels: [key], spans: [], fields: [] }); return; }
    const one = this.buttons.find((each) => each.dataset.label === key);
    const box = one.querySelector("input");
    box.checked = !box.checked;
    this.say(`${one.querySelector(".choice__name").textContent}: ${box.checked ? "✓" : "–"}`);
    this.clear();
  }

  /** The labels that the letters leave, at most ten of them with a digit. */
  narrow() {
    const parts = plain(this.filter.value).split(/\s+/).filter(Boolean);
    const score = (text) => (text.startsWith(parts[0]) ? 0 : text.includes(` ${parts[0]}`) ? 1 : 2);
    let found = this.buttons.filter((one) => parts.every((part) => this.texts.get(one).includes(part)));
    if (parts.length) {
      found = found.map((one, at) => [score(this.texts.get(one)), at, one]).sort((a, b) => a[0] - b[0] || a[1] - b[1]).map((one) => one[2]);
    }
    const left = new Set(found);
    for (const one of this.buttons) { one.hidden = !left.has(one); one.classList.remove("choice--first"); }
    if (parts.length) for (const one of found) one.parentElement.append(one);
    else for (const one of this.buttons) one.parentElement.append(one);
    this.found = found;
    found.slice(0, 10).forEach((one, at) => { one.querySelector("kbd").textContent = parts.length ? "1234567890"[at] : one.dataset.ownCap ?? ""; });
    found.slice(10).forEach((one) => { one.querySelector("kbd").textContent = one.dataset.ownCap ?? ""; });
    if (parts.length) found[0]?.classList.add("choice--first");
    this.root.querySelector("#filter-count").textContent = this.words.found.replace("{count}", found.length);
    if (parts.length && found[0]) this.say(`${found[0].querySelector(".choice__name").textContent}, ${this.words.found.replace("{count}", found.length)}`);
  }

  /** Keys of the search; true when one of them was meant. */
  key(event) {
    if (!this.filter || event.ctrlKey || event.altKey || event.metaKey) return false;
    const typing = this.filter.value !== "";
    const typed = event.key.length === 1 && /\p{L}/u.test(event.key) && !event.shiftKey;
    if (typing && /^[0-9]$/.test(event.key)) {
      const one = this.found["1234567890".indexOf(event.key)];
      if (one) this.set(one.dataset.label);
      return true;
    }
    if (typing && event.key === "Enter") {
      if (this.found[0]) this.set(this.found[0].dataset.label);
      return true;
    }
    if (event.key === "Escape" && typing) { this.filter.value = ""; this.narrow(); return true; }
    if (event.target === this.filter) return false;  // the field takes letters by itself
    if (typed && !this.claimed(event)) this.filter.focus({ preventScroll: true });  // and gets this one
    else if (typing && event.key === "Backspace") { this.filter.value = this.filter.value.slice(0, -1); this.narrow(); return true; }
    return false;
  }
}
