// SPDX-License-Identifier: EUPL-1.2
// What stands around the item: the mode in words, marks of how it was drawn, suggestion and reveal, what is
// not yet saved, messages. Values in words.

const by = (id) => document.getElementById(id);

/** A value in one line. */
export function inWords(task, words, value, text) {
  if (!value) return words.skipped;
  const name = (key) => task.labels.find((one) => one.key === key)?.name ?? key;
  if (task.kind === "spans") {
    const signs = [...text];
    return value.spans.map(([start, end, label]) => `${name(label)}: ${signs.slice(start, end).join("").slice(0, 40)}`).join("; ") || words.no_passage;
  }
  if (task.kind === "record") {
    const field = (key) => task.fields.find((one) => one.key === key)?.name ?? key;
    return value.fields.map(([key, typed]) => `${field(key)}: ${typed.slice(0, 40)}`).join("; ") || words.no_field;
  }
  return value.labels.map(name).join(", ") || words.none;
}

/** Whether two values are the same answer. */
export function same(one, other) {
  const canon = (value) => JSON.stringify([[...value.labels].sort(), value.spans.map(String).sort(), value.fields.map(String).sort()]);
  return Boolean(one && other) && canon(one) === canon(other);
}

/** Show what belongs to an item. */
export function around(item, data, changing) {
  const [name, about] = data.modes[item.mode];
  by("mode").dataset.mode = item.mode;
  by("mode").hidden = false;
  by("mode-name").textContent = name;
  by("mode-about").textContent = about;
  by("drawn").hidden = item.drawn !== "random" || data.wish.order === "random" || data.wish.work !== "pool";
  by("again").hidden = !item.again;
  by("changing").hidden = !changing;
  by("reveal").hidden = true;
  by("suggested").hidden = !item.shown || Boolean(item.before);
  delete by("suggested").dataset.out;
  if (item.shown) by("suggested-words").textContent = inWords(data.task, data.words, item.shown, item.text);
  by("reason").hidden = true;
  const similar = by("similar");
  if (similar) similar.href = `/tasks/${data.task.id}/work?order=similar&like=${item.id}`;
}

/** How many answers wait, and why. */
export function syncing(words) {
  let timer;
  return (count, state) => {
    const place = by("sync");
    clearTimeout(timer);
    const said = count === 1 ? words.unsaved_one : words.unsaved.replace("{count}", count);
    const why = state === "offline" ? ` – ${words.offline}` : "";
    const show = () => {
      place.hidden = !count;
      place.textContent = state === "login" ? `${said} – ${words.login}` : said + why;
    };
    if (!count || state !== "ok") show();
    else timer = setTimeout(show, 400);  // what is saved at once needs no words
  };
}

/** A message that stays until it is put away. */
export function alertIn(words, link) {
  const box = document.createElement("div");
  box.className = "notice notice--warn";
  box.setAttribute("role", "alert");
  const line = document.createElement("p");
  line.textContent = words;
  if (link) {
    const a = document.createElement("a");
    a.href = link.href;
    a.textContent = link.words;
    line.append(" ", a);
  }
  box.append(line);
  by("alerts").replaceChildren(box);
  return box;
}
