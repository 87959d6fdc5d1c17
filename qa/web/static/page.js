// The page's own behaviour, part by part; Gradio has the rest.

import { copy } from "./copying.js";
import { alone, find, questionBox } from "./dom.js";
import { watchState } from "./health.js";
import { closePane, followOutline, hidePane, openPane, showPlace } from "./pane.js";
import { followThread } from "./thread.js";

document.addEventListener("click", (event) => {
  if (!(event.target instanceof Element)) return;
  const plain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
  const link = event.target.closest("a");
  if (link?.matches(".source") && plain && !alone()) {
    event.preventDefault();
    openPane(link);
  } else if (link?.matches(".outline a")) {
    event.preventDefault();
    followOutline(link);
  } else if (link?.matches(".skip")) {
    event.preventDefault();
    questionBox()?.focus();
  } else if (link?.dataset.choose) {
    document.cookie = `policy_qa_language=${link.dataset.choose};max-age=31536000;samesite=lax;path=/`;
    event.preventDefault();
    location.href = link.dataset.choose === "en" ? "en/" : "../?lang=zh";
  }
  const button = event.target.closest("button.copy");
  if (button) copy(button);
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.isComposing) closePane();
});

window.addEventListener("popstate", hidePane);

function begin() {
  if (alone()) {
    showPlace(document.body);
    return;
  }
  const waiting = setInterval(() => {
    const thread = find("#thread");
    const line = find("#state");
    const box = questionBox();
    if (!thread || !line || !box) return;
    clearInterval(waiting);
    followThread(thread);
    watchState(line);
    if (document.activeElement === document.body) box.focus();
  }, 50);
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
else begin();
