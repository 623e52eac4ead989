// SPDX-License-Identifier: EUPL-1.2
// Words of a text and where they are. The house counts code points, a browser UTF-16 units: they differ
// only where a text has signs beyond the first 65,536, such as emoji.

const WORD = /[\p{L}\p{M}\p{N}_]+|[^\s\p{L}\p{M}\p{N}_]/gu;

/** The words of a text, as [start, end) in UTF-16 units. */
export function words(text) {
  return [...text.matchAll(WORD)].map((one) => [one.index, one.index + one[0].length]);
}

/** Two functions between units and code points of a text. */
export function places(text) {
  if (!/[\ud800-\udfff]/.test(text)) return { code: (unit) => unit, unit: (code) => code };
  const units = [];
  let at = 0;
  for (const sign of text) { units.push(at); at += sign.length; }
  units.push(at);
  const codes = new Map(units.map((unit, code) => [unit, code]));
  return { code: (unit) => codes.get(unit) ?? codes.get(unit - 1), unit: (code) => units[code] };
}

/** The index of the word at a place, or of the next one after it. */
export function wordAt(all, place) {
  let low = 0;
  let high = all.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (all[middle][1] <= place) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A range of text, widened to whole words; null where it has none. */
export function snapped(all, start, end) {
  const inside = all.filter(([from, to]) => from < end && start < to);
  return inside.length ? [inside[0][0], inside.at(-1)[1]] : null;
}

/** How far a point of the document is into the text of an element. */
export function offsetIn(root, node, offset) {
  const range = document.createRange();
  range.selectNodeContents(root);
  range.setEnd(node, offset);
  const part = range.cloneContents();
  for (const one of part.querySelectorAll(".span__label")) one.remove();
  return part.textContent.length;
}
