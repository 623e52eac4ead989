// SPDX-License-Identifier: EUPL-1.2
// Files on the composer: chosen, dropped or pasted; sent to the house with their progress, followed until
// they are read. What they are, and what was read, is the server's to say; chips are rendered there.

import { announce } from "./announce.js";
import { Fitting } from "./fitting.js";
import { toLogin } from "./login.js";
import { openings } from "./openings.js";
import { forget, upload } from "./upload.js";

const AT_ONCE = 3;  // files on their way at the same time
const LOOK = 600;   // milliseconds between two looks at a file that is being read

const pause = (milliseconds) => new Promise((go) => { setTimeout(go, milliseconds); });

export class Attachments {
  /** `ready` is called whenever nothing is on its way any more. */
  constructor(composer, ready) {
    this.composer = composer;
    this.ready = ready;
    this.list = document.getElementById("files");
    this.words = this.list.dataset;
    this.fitting = new Fitting(composer.form, this.list);
    this.queue = [];
    this.active = 0;
    this.pending = 0;  // what no chip shows: files chosen before their words are here, classes on their way
    this.left = [];
    this.recall();
    openings(composer, (files) => this.take(files));
    this.list.addEventListener("click", (event) => this.click(event));
    this.list.addEventListener("change", (event) => this.label(event));
  }

  get key() {
    return `files ${this.composer.words.conversation || "new"}`;
  }

  chips(state = "") {
    return [...this.list.querySelectorAll(state ? `[data-state="${state}"]` : ".doc")];
  }

  get waiting() {
    return this.pending + this.chips("arriving").length + this.chips("reading").length > 0;
  }

  get broken() {
    return this.chips("failed").length > 0;
  }

  get any() {
    return this.chips("ready").length > 0;
  }

  /** Of what the person has not sent, this tab shows what was attached in it; the rest is offered. */
  recall() {
    const known = JSON.parse(sessionStorage.getItem(this.key) ?? "[]");
    for (const chip of this.chips()) {
      if (known.includes(chip.dataset.file)) this.shown(chip);
      else { chip.remove(); this.left.push(chip); }
    }
    if (this.left.length) this.offer();
    this.changed();
  }

  offer() {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button--ghost docs__left";
    button.textContent = this.words.left.replace("{count}", this.left.length);
    button.addEventListener("click", () => {
      button.remove();
      for (const chip of this.left.splice(0)) { this.list.append(chip); this.shown(chip); }
      this.composer.text.focus();
      this.changed();
    });
    this.list.after(button);
  }

  /** What is said of files comes with the first one: most pages never need it. */
  learn() {
    this.learning ??= this.fetchWords().finally(() => { this.learning = null; });
    return this.learning;
  }

  async fetchWords() {
    const response = await fetch("/files", { headers: { Accept: "application/json" } });
    if (response.status === 401) toLogin();
    const place = document.createElement("template");
    place.innerHTML = (await response.json()).words;
    const { dataset } = place.content.firstElementChild;
    for (const name in dataset) this.words[name] ??= dataset[name];
    this.list.after(place.content.lastElementChild);
  }

  async take(chosen) {
    const files = [...chosen];
    this.composer.problem("");
    this.pending += 1;
    try {
      if (!this.words.fits) await this.learn();
    } catch {
      this.complain(this.composer.words.unsent);
      return;
    } finally {
      this.pending -= 1;
    }
    this.add(files);
    if (this.composer.wants) announce(this.words.wait);
  }

  add(files) {
    const room = Math.max(0, this.words.most - this.chips().length);
    const chosen = files.slice(0, room);
    if (files.length > room) this.complain(this.words.many.replace("{most}", this.words.most));
    for (const file of chosen) {
      if (file.size > Number(this.words.largest)) this.complain(this.words.large, file.name);
      else if (!file.size) this.complain(this.words.empty, file.name);
      else this.queue.push([file, this.placeholder(file)]);
    }
    this.changed();
    this.next();
  }

  /** Something does not go with the question: it waits for the person, who may want another one now. */
  complain(words, name = "") {
    this.composer.wants = false;
    this.composer.problem(words.replace("{name}", () => name));
  }

  placeholder(file) {
    const chip = document.getElementById("file-arriving").content.firstElementChild.cloneNode(true);
    const remove = chip.querySelector(".doc__remove");
    chip.dataset.name = file.name;
    chip.querySelector(".doc__name").textContent = file.name;
    remove.setAttribute("aria-label", remove.dataset.words.replace("{name}", () => file.name));
    this.list.append(chip);
    return chip;
  }

  next() {
    while (this.active < AT_ONCE && this.queue.length) {
      const [file, chip] = this.queue.shift();
      if (!chip.isConnected) continue;
      this.active += 1;
      this.send(file, chip).finally(() => { this.active -= 1; this.next(); });
    }
  }

  async send(file, chip) {
    const bar = chip.querySelector("progress");
    const sending = upload(file, this.composer.form.elements.class.value, (percent) => { bar.value = percent; });
    chip.abort = sending.abort;
    const { status, answer } = await sending.over;
    if (!chip.isConnected) {  // removed while it was on its way
      if (answer.id) forget(answer.id);
      return;
    }
    if (status === 401) toLogin();
    if (status !== 201) {
      chip.remove();
      this.complain(answer.error ? `“{name}”: ${answer.error}` : this.words.lost, file.name);
      this.changed();
      return;
    }
    this.replace(chip, answer.html);
  }

  /** Look again until the file is read. */
  async follow(first) {
    for (let chip = first; chip.isConnected && chip.dataset.state === "reading";) {
      await pause(LOOK);
      const response = await fetch(`/files/${chip.dataset.file}`, { headers: { Accept: "application/json" } }).catch(() => null);
      if (!chip.isConnected) return;
      if (response?.status === 404) {  // removed elsewhere
        chip.remove();
        this.complain(this.words.gone, chip.dataset.name);
        this.changed();
        return;
      }
      if (!response?.ok) continue;
      const answer = await response.json().catch(() => null);
      if (!chip.isConnected || !answer || answer.state === "reading") continue;
      chip = this.replace(chip, answer.html);
      announce(`${chip.dataset.name}: ${chip.querySelector(".doc__note").textContent}`);
      this.fitting.raise(chip.dataset.class);
    }
  }

  replace(chip, html) {
    const focused = chip.contains(document.activeElement);
    chip.insertAdjacentHTML("afterend", html.trim());
    const now = chip.nextElementSibling;
    chip.remove();
    this.shown(now);
    if (focused) now.querySelector(".doc__remove").focus();
    this.changed();
    return now;
  }

  /** What needs a script is there now. */
  shown(chip) {
    for (const one of chip.querySelectorAll("[hidden]:not(input)")) one.hidden = false;
    if (chip.dataset.state === "reading") this.follow(chip);
  }

  click(event) {
    const chip = event.target.closest(".doc__remove")?.closest(".doc");
    if (!chip) return;
    const { file, name } = chip.dataset;
    const other = chip.nextElementSibling ?? chip.previousElementSibling;
    chip.abort?.();
    chip.remove();
    (other?.querySelector(".doc__remove") ?? this.composer.text).focus();
    announce(this.words.gone.replace("{name}", () => name));
    this.changed();
    if (file) forget(file);
  }

  /** A person says how sensitive a file is; the question's class only ever follows upwards. */
  async label(event) {
    const chip = event.target.closest(".doc__class")?.closest(".doc");
    if (!chip) return;
    chip.dataset.class = event.target.value;
    this.fitting.raise(event.target.value);
    const body = new URLSearchParams({ class: event.target.value });
    this.pending += 1;  // what is sent cannot be labelled any more
    await fetch(`/files/${chip.dataset.file}/class`, { method: "POST", body, redirect: "manual" }).catch(() => null);
    this.pending -= 1;
    this.changed();
  }

  /** Sent: these belong to the conversation now. What was read meanwhile goes with the next question. */
  sent(ids) {
    for (const chip of this.chips()) if (ids.includes(chip.dataset.file)) chip.remove();
    this.changed();
  }

  changed() {
    const ids = this.chips().map((chip) => chip.dataset.file).filter(Boolean);
    if (ids.length) sessionStorage.setItem(this.key, JSON.stringify(ids));
    else sessionStorage.removeItem(this.key);
    this.composer.text.required = !this.any;
    this.fitting.look();
    if (!this.waiting) this.ready();
  }
}
