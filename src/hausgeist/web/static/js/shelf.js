// SPDX-License-Identifier: EUPL-1.2
// Pages with rows to select: a box for all that are shown, and how many are selected. Works without it.

const form = document.getElementById("shelf");

if (form) {
  const all = document.getElementById("shelf-all");
  const count = document.getElementById("shelf-count");
  const boxes = [...form.querySelectorAll("[name=conversation]")];
  const tell = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    all.checked = chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
    count.textContent = chosen ? count.dataset.words.replace("{count}", chosen) : "";
    form.querySelectorAll("[name=do]").forEach((button) => { button.disabled = !chosen; });
  };
  all.closest(".check").hidden = false;
  all.addEventListener("change", () => {
    boxes.forEach((box) => { box.checked = all.checked; });
    tell();
  });
  form.addEventListener("change", tell);
  tell();
}
