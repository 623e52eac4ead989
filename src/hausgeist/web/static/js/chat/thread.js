// SPDX-License-Identifier: EUPL-1.2
// The conversation on the page: adds what the server rendered, appends words, closes blocks. Never
// parses what a model wrote. Scrolls along only for a reader who is at the end.

const NEAR = 80;  // pixels from the end that count as "at the end"

export class Thread {
  constructor(element) {
    this.element = element;
  }

  unfinished() {
    return [...this.element.querySelectorAll("article[data-events]")];
  }

  atEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.element;
    return scrollHeight - scrollTop - clientHeight < NEAR;
  }

  toEnd() {
    this.element.scrollTo({ top: this.element.scrollHeight, behavior: "instant" });
  }

  /** Where the address points to, else the end; once more when what is there has its true height. */
  toPlace() {
    if (document.getElementById("empty")) return;
    const place = location.hash && document.getElementById(location.hash.slice(1));
    const go = () => (place && place.nextElementSibling ? place.scrollIntoView({ block: "start", behavior: "instant" }) : this.toEnd());
    go();
    requestAnimationFrame(go);
  }

  /** Take the empty page's first steps away. */
  clear() {
    this.element.replaceChildren();
  }

  /** Add rendered messages; gives the answers that are under way. */
  add(html) {
    this.element.insertAdjacentHTML("beforeend", html);
    this.toEnd();
    return this.unfinished();
  }

  /**
   * Take a message and all that followed it off the page; nothing is lost in the house.
   * Gives whether the focus was in there.
   */
  cutFrom(id) {
    const article = document.getElementById(`m-${id}`);
    const first = article?.closest(".contest") ?? article;
    const inside = this.element.contains(document.activeElement) && this.element !== document.activeElement;
    while (first?.nextElementSibling) first.nextElementSibling.remove();
    first?.remove();
    return inside;
  }

  /** Give a conversation its heading, and its name in the list and the window. */
  name(title, id) {
    let heading = this.element.querySelector("h1");
    if (!heading) {
      heading = document.createElement("h1");
      heading.className = "visually-hidden";
      this.element.prepend(heading);
    }
    heading.textContent = title;
    this.element.closest(".room").setAttribute("aria-label", title);
    document.title = document.title.replace(/^.*(?= · )/, () => title);
    const link = document.querySelector(`#c-${id} .side__link`);
    if (link) link.textContent = title;
  }

  /** Take one event of an answer; `changed` is told when the whole article was replaced. */
  take(article, kind, data, changed) {
    const follow = this.atEnd();
    if (kind === "whole") {
      article.insertAdjacentHTML("afterend", data.html);
      changed(article.nextElementSibling);
      article.remove();
    } else if (kind === "title") {
      this.name(data.title, document.getElementById("chat").dataset.conversation);
    } else if (kind === "wait") {
      wait(article, data.words);
    } else {
      if (kind === "thought") think(article, data.text);
      else if (kind === "tail") article.querySelector(".turn__tail").append(data.text);
      else if (kind === "block") close(article, data.html);
      else if (kind === "end") end(article, data);
      article.querySelector(".turn__wait")?.remove();
    }
    if (follow) this.toEnd();
  }
}

function wait(article, words) {
  let line = article.querySelector(".turn__wait");
  if (!line) {
    line = document.createElement("p");
    line.className = "turn__wait";
    article.querySelector(".turn__tail").after(line);
  }
  line.textContent = words;
}

function think(article, text) {
  const thought = article.querySelector(".thought");
  thought.hidden = false;
  thought.querySelector(".thought__text").append(text);
}

function close(article, html) {
  article.querySelector(".turn__tail").textContent = "";
  article.querySelector(".prose").insertAdjacentHTML("beforeend", html);
}

function end(article, { html, state }) {
  article.querySelector(".turn__tail").textContent = "";
  article.querySelector(".turn__tail").insertAdjacentHTML("afterend", html);
  article.querySelectorAll(".thought__text").forEach((thought) => thought.normalize());
  article.querySelector(".turn__stop")?.remove();
  for (const name of ["aria-busy", "data-events", "data-stop", "data-after"]) article.removeAttribute(name);
  article.classList.toggle("turn--failed", state === "failed");
}
