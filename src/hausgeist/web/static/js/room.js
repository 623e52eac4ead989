// SPDX-License-Identifier: EUPL-1.2
// Keys of the adjudication room: a letter takes an answer, a digit gives a label, and the page does the rest.

const form = document.getElementById("decide");
const by = (id) => document.getElementById(id);
for (const one of document.querySelectorAll("#room [data-script]")) one.hidden = false;

const others = {
  " ": () => by("later")?.click(),
  Backspace: () => by("undo")?.click(),
  r: () => by("reason")?.focus(),
  l: () => by("guide-box")?.click(),
};

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.repeat) return;
  const at = event.target;
  const typing = at.matches("input:not([type=checkbox]), textarea, select");
  if (typing) {
    if (event.key === "Escape" || (event.key === "Enter" && at.id === "reason")) { event.preventDefault(); at.blur(); }
    return;
  }
  if (event.key === " " && at.matches("button, a, summary, input, [tabindex]") && at.matches(":focus-visible")) return;
  const key = event.key.toLowerCase();
  const pick = form?.querySelector(`[data-key="${CSS.escape(key)}"]`);
  const does = pick ? () => pick.click() : others[event.key === "Backspace" ? event.key : key];
  if (!does) return;
  event.preventDefault();
  does();
});

document.getElementById("room").dataset.live = "";
