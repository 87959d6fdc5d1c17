// The conversation: the newest turn is brought into view and read aloud.

import { announce, find, questionBox } from "./dom.js";

export function followThread(thread) {
  let before = 0;
  new MutationObserver(() => {
    const turns = thread.querySelectorAll(".turn");
    document.body.classList.toggle("talking", turns.length > 0);
    const last = turns[turns.length - 1];
    if (!last) {
      if (before) questionBox()?.focus();
      before = 0;
      return;
    }
    const state = `${turns.length}:${last.textContent.length}`;
    if (state === before) return;
    before = state;
    if (turns.length === 1) window.scrollTo(0, 0);
    else last.scrollIntoView({ block: "start" });
    const answer = find(".answer-text", last);
    const said = answer
      ? `${find(".outcome", last).textContent} ${answer.textContent}`
      : (find(".message", last)?.textContent ?? "");
    announce(said);
  }).observe(thread, { childList: true, subtree: true });
}
