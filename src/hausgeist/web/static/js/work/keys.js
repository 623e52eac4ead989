// SPDX-License-Identifier: EUPL-1.2
// Which key does what: as delivered, or as the person has chosen. Keys go by what they write, so that they
// are the same on German and English keyboards. With many labels letters search; commands then take Shift.

const DELIVERED = {
  accept: ["j", "a"], reject: ["f", "x"], skip: ["Space"], undo: ["Backspace"],
  reason: ["e"], hard: ["h"], comment: ["c"], help: ["?"],
};
const ACTIONS = Object.keys(DELIVERED);

/** What a key is called here: Space, Backspace, a, Shift+a, 1, ? … */
export function keyOf(event) {
  if (event.key === " ") return "Space";
  if (event.key.length === 1 && event.key.toLowerCase() !== event.key.toUpperCase()) {
    return (event.shiftKey ? "Shift+" : "") + event.key.toLowerCase();
  }
  return event.key;
}

export class Keys {
  /** `task` with its labels; `own`: action or `label:…` to key; `many`: letters search. */
  constructor(task, own, many, words) {
    this.task = task;
    this.many = many;
    this.words = words;
    this.set(own);
  }

  set(own) {
    this.own = own;
    this.map = new Map();
    const taken = new Set(Object.values(own));
    for (const action of ACTIONS) {
      const usual = DELIVERED[action].map((key) => (this.many && /^[a-z]$/.test(key) ? `Shift+${key}` : key));
      const keys = own[action] ? [own[action]] : usual.filter((key) => !taken.has(key));
      for (const key of keys) this.map.set(key, action);
    }
    this.caps = new Map(ACTIONS.map((one) => [one, [...this.map].find(([, action]) => action === one)?.[0] ?? ""]));
    this.task.labels.forEach((label, place) => this.give(label, place));
  }

  give(label, place) {
    const name = `label:${label.key}`;
    const keys = [];
    if (this.own[name]) keys.push(this.own[name]);
    else if (!this.many) {
      keys.push("1234567890"[place]);
      const letter = [...label.name.toLowerCase()].find((one) => /\p{L}/u.test(one) && !this.map.has(one));
      if (letter) keys.push(letter);
    }
    const free = keys.filter((key) => key && !this.map.has(key));
    for (const key of free) this.map.set(key, name);
    this.caps.set(name, free.map((key) => this.shown(key)).join(" "));
  }

  /** The action of a key, or undefined. */
  action(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return undefined;
    return this.map.get(keyOf(event));
  }

  /** A key as it is printed. */
  shown(key) {
    if (key === "Space") return this.words.space;
    if (key === "Backspace") return "⌫";
    if (key.startsWith("Shift+")) return `⇧${key.slice(6).toUpperCase()}`;
    return key.length === 1 ? key.toUpperCase() : key;
  }

  /** Print the keys on the buttons. */
  print(root) {
    for (const cap of root.querySelectorAll("[data-cap]")) cap.textContent = this.shown(this.caps.get(cap.dataset.cap));
    for (const label of root.querySelectorAll("[data-label]")) {
      const cap = label.querySelector("kbd");
      if (cap) cap.textContent = this.caps.get(`label:${label.dataset.label}`) ?? "";
    }
  }
}

/** The dialog in which keys are shown and changed; `keep(own)` stores them. */
export function keysDialog(keys, root, keep, announce) {
  const dialog = document.getElementById("keys");
  const list = document.getElementById("keys-list");
  const { words } = keys;
  let listening = null;

  function draw() {
    list.replaceChildren();
    const rows = [
      ...ACTIONS.map((one) => [one, words[one === "reason" ? "see_reason" : one]]),
      ...keys.task.labels.map((one) => [`label:${one.key}`, one.name]),
    ];
    for (const [name, said] of rows) {
      const words_ = document.createElement("span");
      words_.textContent = said;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button";
      button.dataset.name = name;
      const cap = keys.caps.get(name) ?? "";
      button.textContent = (ACTIONS.includes(name) ? keys.shown(cap) : cap) || "–";
      button.setAttribute("aria-label", `${words.key_for.replace("{name}", said)}: ${button.textContent}`);
      list.append(words_, button);
    }
  }

  list.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    listening = button.dataset.name;
    draw();
    const same = list.querySelector(`[data-name="${CSS.escape(listening)}"]`);
    same.textContent = words.press_key;
    same.focus();
    announce(words.press_key);
  });
  dialog.addEventListener("keydown", (event) => {
    if (!listening || ["Tab", "Shift", "Control", "Alt", "Meta"].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    const name = listening;
    listening = null;
    if (event.key !== "Escape") {
      const key = keyOf(event);
      const taken = Object.entries(keys.own).some(([other, one]) => one === key && other !== name);
      if (taken || ["Enter", "Delete"].includes(key) || key.startsWith("Arrow")) announce(words.key_taken);
      else { keys.set({ ...keys.own, [name]: key }); keep(keys.own); keys.print(root); announce(words.keys_kept); }
    }
    draw();
    list.querySelector(`[data-name="${CSS.escape(name)}"]`).focus();
  });
  document.getElementById("keys-reset").addEventListener("click", () => {
    keys.set({});
    keep({});
    keys.print(root);
    draw();
    announce(words.keys_kept);
  });
  document.getElementById("keys-close").addEventListener("click", () => dialog.close());
  return () => { listening = null; draw(); dialog.showModal(); };
}
