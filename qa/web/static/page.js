// The page's own behaviour, part by part; Gradio has the rest.

import { askAddress, beginAsking, drawExamples, linkTo } from "./asking.js";
import { copy } from "./copying.js";
import { beginDocument } from "./document.js";
import { alone, find, questionBox } from "./dom.js";
import { beginFilters, circumstances, drawFilters } from "./filters.js";
import { watchState } from "./health.js";
import { beginJudgement } from "./judgement.js";
import { beginLibrary } from "./library.js";
import { beginOperator, drawCalls, drawOperator, print } from "./operator.js";
import {
  clearPane,
  closePane,
  followOutline,
  forgetPane,
  hidePane,
  openPane,
  reservePane,
  showPlace,
  stepCitation,
} from "./pane.js";
import { followThread } from "./thread.js";
import { drawVisitor, followLogin } from "./visitor.js";

followLogin();

// What Gradio calls before it sends a question.
globalThis.policyQA = { circumstances };

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
  if (button?.matches(".share")) copy(button, linkTo(button.closest(".answer")));
  else if (button) copy(button, button.dataset.copy);
  const printing = event.target.closest("button.print");
  if (printing) print(printing.closest(".answer"));
});

document.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (event.key === "Escape") closePane();
  else if (event.altKey && step) {
    event.preventDefault();
    stepCitation(step);
  }
});

window.addEventListener("popstate", () => hidePane());

function begin() {
  beginLibrary();
  beginDocument(document);
  if (alone()) {
    showPlace(document.body);
    return;
  }
  // What is pressed as soon as it is drawn is heard, too.
  beginAsking();
  beginFilters();
  beginJudgement();
  beginOperator();
  const waiting = setInterval(() => {
    const thread = find("#thread");
    const line = find("#state");
    const box = questionBox();
    if (!thread || !line || !box) return;
    clearInterval(waiting);
    followThread(thread, {
      began: reservePane,
      answered: (turn) => {
        const first = find(".citation a.source", turn);
        if (first) openPane(first, { quiet: true });
        else clearPane();
        drawCalls();
      },
      cleared: forgetPane,
    });
    watchState(line, () => {
      drawExamples();
      drawFilters();
    });
    if (document.activeElement === document.body) box.focus();
    drawOperator();
    drawVisitor();
    askAddress();
  }, 50);
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
else begin();
