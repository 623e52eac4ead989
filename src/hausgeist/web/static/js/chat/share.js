// SPDX-License-Identifier: EUPL-1.2
// The page of sharing in a dialog above the chat: the same forms, fetched and sent from here. What goes
// wrong opens the page itself.

let dialog = null;

document.addEventListener("click", (event) => {
  const link = event.target.closest('a[href^="/c/"][href$="/share"]');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  link.closest("[popover]")?.hidePopover();
  show(link.getAttribute("href"));
});

async function show(address, options = {}) {
  let page;
  try {
    const answer = await fetch(address, { headers: { Accept: "text/html" }, ...options });
    page = new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    return location.assign(address);
  }
  const part = page.getElementById("share");
  if (!part) return location.assign(address);
  open();
  dialog.querySelector(".dialog__title").textContent = page.querySelector("h1").textContent;
  dialog.querySelector("#share")?.remove();
  dialog.append(document.adoptNode(part));
  dialog.querySelector("#share-link, .notice, input:checked")?.focus();
}

function open() {
  if (!dialog) {
    dialog = document.createElement("dialog");
    dialog.className = "dialog dialog--share";
    dialog.setAttribute("aria-labelledby", "share-title");
    const title = document.createElement("h2");
    title.className = "dialog__title";
    title.id = "share-title";
    dialog.append(title);
    dialog.addEventListener("click", close);
    dialog.addEventListener("submit", send);
    document.body.append(dialog);
  }
  if (!dialog.open) dialog.showModal();
}

/** Back to the conversation: it is right behind. */
function close(event) {
  const back = event.target.closest('.form__tools a[href^="/c/"]');
  if (event.target !== dialog && !back) return;
  event.preventDefault();
  dialog.close();
}

function send(event) {
  event.preventDefault();
  const { action } = event.target;
  show(new URL(action).pathname, { method: "POST", body: new URLSearchParams(new FormData(event.target)) });
}
