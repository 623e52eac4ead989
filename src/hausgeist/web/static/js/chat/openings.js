// SPDX-License-Identifier: EUPL-1.2
// The ways in for files: the paperclip, the whole room for what is dropped, the field for what is pasted.

/** The link to the page of files becomes a button that opens the chooser. */
function chooser(take) {
  const link = document.getElementById("attach");
  const input = document.createElement("input");
  input.type = "file";
  input.multiple = true;
  input.addEventListener("change", () => { take(input.files); input.value = ""; });
  link.setAttribute("role", "button");
  link.addEventListener("click", (event) => { event.preventDefault(); input.click(); });
  link.addEventListener("keydown", (event) => {
    if (event.key === " ") { event.preventDefault(); input.click(); }
  });
}

/** `take` gets the files, whichever way they come. */
export function openings(composer, take) {
  chooser(take);
  const room = composer.form.closest(".room");
  const carries = (event) => event.dataTransfer?.types.includes("Files");
  room.addEventListener("dragover", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    room.dataset.dropping = "";
  });
  room.addEventListener("dragleave", (event) => {
    if (!room.contains(event.relatedTarget)) delete room.dataset.dropping;
  });
  room.addEventListener("drop", (event) => {
    delete room.dataset.dropping;
    if (!carries(event)) return;
    event.preventDefault();
    take(event.dataTransfer.files);
  });
  composer.text.addEventListener("paste", (event) => {
    const { files, types } = event.clipboardData;
    if (!files.length || types.includes("text/plain")) return;  // words with a picture of them
    event.preventDefault();
    take(files);
  });
}
