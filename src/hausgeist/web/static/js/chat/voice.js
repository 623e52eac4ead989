// SPDX-License-Identifier: EUPL-1.2
// Dictation into the composer, and answers read aloud. The button of each is there only where the house
// has a model for it. What is recorded is sent once, comes back as words, and is kept nowhere.

import { announce } from "./announce.js";

const LONGEST = 300000;  // milliseconds of one recording

/** Speech becomes words in the field; the person goes on from there. */
export class Dictation {
  constructor(button, composer) {
    this.button = button;
    this.composer = composer;
    this.recorder = null;
    button.hidden = !navigator.mediaDevices?.getUserMedia || !globalThis.MediaRecorder;
    button.addEventListener("click", () => (this.recorder ? this.recorder.stop() : this.start()));
  }

  async start() {
    const { words } = this.button.dataset;
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch {
      this.composer.problem(this.button.dataset.denied);
      return;
    }
    const pieces = [];
    const recorder = new MediaRecorder(stream);
    const limit = setTimeout(() => recorder.stop(), LONGEST);
    recorder.addEventListener("dataavailable", (event) => pieces.push(event.data));
    recorder.addEventListener("stop", () => {
      clearTimeout(limit);
      stream.getTracks().forEach((track) => track.stop());
      this.recorder = null;
      this.button.setAttribute("aria-pressed", "false");
      this.send(new Blob(pieces, { type: recorder.mimeType }));
    });
    recorder.start();
    this.recorder = recorder;
    this.button.setAttribute("aria-pressed", "true");
    announce(words);
  }

  async send(recording) {
    const { form } = this.composer;
    this.button.setAttribute("aria-busy", "true");
    try {
      const query = new URLSearchParams({ class: form.elements.class.value });
      const response = await fetch(`/voice/dictation?${query}`, {
        method: "POST", headers: { "Content-Type": recording.type }, body: recording,
      });
      const answer = await response.json();
      if (!response.ok) throw new Error(answer.error);
      insert(form.elements.text, answer.text);
    } catch (error) {
      this.composer.problem(error instanceof TypeError ? this.button.dataset.failed : error.message);
    } finally {
      this.button.removeAttribute("aria-busy");
    }
  }
}

function insert(field, words) {
  const before = field.value.slice(0, field.selectionStart);
  const gap = before && !/\s$/.test(before) ? " " : "";
  field.setRangeText(gap + words, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
}

let playing = null;  // { button, sound } of what is being read aloud

/** Buttons with data-sound read an answer aloud; a second press ends it. */
export async function readAloud(button, failed) {
  const again = playing?.button === button;
  playing?.sound.pause();
  playing?.button.setAttribute("aria-pressed", "false");
  playing = null;
  if (again) return;
  button.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(button.dataset.sound, { method: "POST" });
    if (!response.ok) throw new Error((await response.json()).error);
    const address = URL.createObjectURL(await response.blob());
    const sound = new Audio(address);
    sound.addEventListener("ended", () => {
      button.setAttribute("aria-pressed", "false");
      URL.revokeObjectURL(address);
      playing = null;
    });
    playing = { button, sound };
    button.setAttribute("aria-pressed", "true");
    await sound.play();
  } catch (error) {
    button.setAttribute("aria-pressed", "false");
    failed(error.message);
  } finally {
    button.removeAttribute("aria-busy");
  }
}
