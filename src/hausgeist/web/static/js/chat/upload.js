// SPDX-License-Identifier: EUPL-1.2
// One file on its way to the house, and the word that it need not be kept. Knows nothing of the page.

/**
 * Send a file. `moved` is told how many percent are sent; `over` gives the status (0: the connection broke)
 * and what the house answered. `abort` does nothing once all is sent: the house may have it by then.
 */
export function upload(file, dataClass, moved) {
  const query = new URLSearchParams({ class: dataClass });
  const request = new XMLHttpRequest();  // fetch tells nothing about what has been sent
  let whole = false;
  request.upload.addEventListener("progress", (event) => moved((100 * event.loaded) / event.total));
  request.upload.addEventListener("load", () => { whole = true; });
  const over = new Promise((go) => {
    request.addEventListener("loadend", () => {
      let answer = {};
      try { answer = JSON.parse(request.responseText); } catch { /* no words: the connection broke */ }
      go({ status: request.status, answer });
    });
  });
  request.open("POST", `/files?${query}`);
  request.setRequestHeader("Accept", "application/json");
  request.setRequestHeader("Content-Type", "application/octet-stream");
  // not in the address: that is in the logs of whatever stands between
  request.setRequestHeader("X-File-Name", encodeURIComponent(file.name.toWellFormed?.() ?? file.name));
  request.send(file);
  return { over, abort: () => { if (!whole) request.abort(); } };
}

/** The house need not keep it any longer; it is told even if the page is left at once. */
export function forget(id) {
  fetch(`/files/${id}/delete`, { method: "POST", body: new URLSearchParams(), redirect: "manual", keepalive: true }).catch(() => null);
}
