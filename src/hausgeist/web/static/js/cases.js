// SPDX-License-Identifier: EUPL-1.2
// Answers that are probably wrong, by key, while the focus is in one: K keeps it, R takes what the student
// says. After each the next one has the focus. Without this script there are buttons.

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.target.closest("input:not([type=hidden]), select, textarea")) return;
  const key = event.key.toLowerCase();
  if (!/^[kr]$/.test(key)) return;
  const button = event.target.closest("[data-case]")?.querySelector(`[data-key="${key}"]`);
  if (!button) return;
  event.preventDefault();
  button.click();
});

if (new URLSearchParams(location.search).has("done")) {
  document.querySelector("[data-case] [data-key]")?.focus();
}
