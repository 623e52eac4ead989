// SPDX-License-Identifier: EUPL-1.2
// What a person said of passages that are to be hidden: fields of the composer's form. They stay with the
// conversation in this tab, and go along with every question, so that none of it is ever forgotten. And
// whether one wants to see what leaves each time, which this browser knows.

const key = () => {
  const { conversation } = document.getElementById("chat").dataset;
  return conversation === undefined ? "" : `said ${conversation || "new"}`;
};

export function keepCorrections(form, from = "") {
  if (form.action.endsWith("/temporary")) return;  // of which nothing is kept
  const said = [...form.querySelector("#corrections").children].map(({ name, value }) => [name, value]);
  if (from) sessionStorage.removeItem(from);
  if (said.length) sessionStorage.setItem(key(), JSON.stringify(said));
  else sessionStorage.removeItem(key());
}

const ALWAYS = "look first";

/** Whether the person wants to see what leaves before it does, and something would leave. */
export function looksFirst() {
  return localStorage.getItem(ALWAYS) === "yes"
    && Boolean(document.querySelector('#ampel [data-zone="eu"], #ampel [data-zone="world"]'));
}

export const always = {
  get wanted() { return localStorage.getItem(ALWAYS) === "yes"; },
  set wanted(yes) { localStorage.setItem(ALWAYS, yes ? "yes" : "no"); },
};

export function recallCorrections(form) {
  const place = form.querySelector("#corrections");
  if (place.children.length) return;
  for (const [name, value] of JSON.parse(sessionStorage.getItem(key()) ?? "[]")) {
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name, value });
    place.append(field);
  }
}
