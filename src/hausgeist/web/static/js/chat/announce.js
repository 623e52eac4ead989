// SPDX-License-Identifier: EUPL-1.2
// Words for readers' software, in the page's one status region; the focus stays where it is.

const status = document.getElementById("status");

export function announce(words) {
  status.textContent = "";
  requestAnimationFrame(() => { status.textContent = words; });
}
