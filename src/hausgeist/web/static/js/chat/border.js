// SPDX-License-Identifier: EUPL-1.2
// What would leave, in a dialog, before it does. Loaded with the first look. What is hidden is the server's
// to say; what the person says of it goes into the composer's form, and with the question.

import { announce } from "./announce.js";
import { always, keepCorrections } from "./corrections.js";

const sheet = new URL("../../css/border.css", import.meta.url);

/** Words that are marked within what would leave. */
function marked(dialog) {
  const selection = getSelection();
  const inside = selection.rangeCount && selection.anchorNode && dialog.contains(selection.anchorNode);
  const words = inside ? selection.toString().replace(/\s+/g, " ").trim() : "";
  return { words, open: !/\[\[|\]\]/.test(words) };
}

/** The person's words on a passage, as a field of the composer's form: the last one counts. */
function say(form, name, value) {
  const place = form.querySelector("#corrections");
  const words = value.replace(/\s+/g, " ").trim();
  for (const field of [...place.children]) if (field.value === words) field.remove();
  if (name !== "unsay") {
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name, value: words });
    place.append(field);
  }
  keepCorrections(form);
}

/** The styles come with the first look. */
async function dressed() {
  if (document.querySelector("link[data-border]")) return;
  const link = document.createElement("link");
  Object.assign(link, { rel: "stylesheet", href: sheet.href });
  link.dataset.border = "";
  await new Promise((go) => { link.onload = go; link.onerror = go; document.head.append(link); });
}

/**
 * Show what would leave of the form's question. `fetched()` gives the answer of the house, with `html` and
 * what the Ampel says; `changed(ampel)` is told the latter.
 */
export async function look(form, fetched, changed) {
  const [answer] = await Promise.all([fetched(), dressed()]);
  const dialog = document.createElement("dialog");
  dialog.className = "dialog dialog--seen";
  dialog.setAttribute("aria-labelledby", "seen-title");
  const from = document.activeElement;

  function show(now) {
    const top = dialog.scrollTop;
    dialog.innerHTML = now.html;
    dialog.querySelector("[data-mark]")?.removeAttribute("hidden");
    dialog.querySelector("[data-always]").checked = always.wanted;
    dialog.scrollTop = top;
    changed(now.ampel);
  }

  async function correct(name, value) {
    if (!value.trim()) return announce(dialog.querySelector(".seen").dataset.nothing);
    say(form, name, value);
    dialog.setAttribute("aria-busy", "true");
    try {
      show(await fetched());
      const { done } = dialog.querySelector(".seen").dataset;
      const line = dialog.querySelector(".seen__line")?.textContent ?? "";
      announce(`${done} ${line}`);
      dialog.querySelector("#seen-title").focus();
    } catch (error) {
      dialog.close();
      throw error;
    } finally {
      dialog.removeAttribute("aria-busy");
    }
  }

  function mark() {
    const { words, open } = marked(dialog);
    if (open) return correct("hidden", words);
    return announce(dialog.querySelector(".seen").dataset.within);
  }

  dialog.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if ("close" in button.dataset) dialog.close();
    if ("mark" in button.dataset) mark();
    if ("send" in button.dataset) setTimeout(() => dialog.close());  // it is sent first
  });
  dialog.addEventListener("change", ({ target }) => {
    if ("always" in target.dataset) always.wanted = target.checked;
  });
  dialog.addEventListener("mousedown", (event) => {
    if (event.target.closest("[data-mark]")) event.preventDefault();  // what is marked stays marked
  });
  dialog.addEventListener("submit", (event) => {
    if (!event.target.matches(".seen")) return;
    event.preventDefault();
    event.stopPropagation();
    const { name, value } = event.submitter ?? {};
    if (name) correct(name, value);
    else correct("hidden", dialog.querySelector("#seen-hide").value);
  });
  dialog.addEventListener("keydown", (event) => {
    const plain = event.key.toLowerCase() === "h" && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (!plain || event.target.matches("[type=text], #seen-hide")) return;
    event.preventDefault();
    mark();
  });
  dialog.addEventListener("close", () => {
    const inside = [document.body, null].includes(document.activeElement) || dialog.contains(document.activeElement);
    dialog.remove();
    if (inside) (from?.isConnected ? from : form.elements.text).focus();
  });
  show(answer);
  form.closest(".room").append(dialog);
  dialog.showModal();
  dialog.querySelector("#seen-title").focus();
}
