// SPDX-License-Identifier: EUPL-1.2
// The page of the house's looks shows a colour while it is chosen. Without a script a button does.

const colour = document.getElementById("accent");
const sheet = document.getElementById("preview-colours");

let wait = 0;
colour?.addEventListener("input", () => {
  clearTimeout(wait);
  wait = setTimeout(() => {
    sheet.href = `${sheet.dataset.from}?accent=${encodeURIComponent(colour.value)}`;
  }, 120);
});
