// The operator's view: larger type, the reply to read out on top, the last calls, and a key for each
// of what is done during a call. It stays chosen in this browser.

import { announce, find, questionBox } from "./dom.js";

const KEPT = "policy-qa-operator";

const latest = (selector) => [...document.querySelectorAll(`.turn:last-child ${selector}`)].pop();

function isOn() {
  return document.body.classList.contains("operator");
}

function turn(on) {
  document.body.classList.toggle("operator", on);
  find("#operator")?.setAttribute("aria-pressed", String(on));
  if (on) drawCalls();
}

export async function drawCalls() {
  const place = find("#calls");
  if (!place || !isOn()) return;
  const response = await fetch("calls", { cache: "no-store" }).catch(() => null);
  if (response?.ok) place.innerHTML = await response.text(); // escaped by the server
}

// Print one answer, not the whole conversation.
export function print(answer) {
  const turn = answer.closest(".turn");
  document.querySelectorAll(".turn.printed").forEach((other) => other.classList.remove("printed"));
  turn.classList.add("printed");
  for (const folded of turn.querySelectorAll("details.more")) folded.open = true;
  window.print();
}

const KEYS = {
  F2: () => {
    questionBox()?.focus();
    questionBox()?.select();
  },
  F8: () => latest("button.copy-reply")?.click(),
  F9: () => {
    const answer = latest(".answer");
    if (answer) print(answer);
  },
};

// Once the page has the button and a place for the last calls.
export const drawOperator = () => turn(isOn());

export function beginOperator() {
  let kept = false;
  try {
    kept = localStorage.getItem(KEPT) === "on";
  } catch {
    // storage may be forbidden: then it is not remembered
  }
  turn(kept);
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("#operator");
    if (!button) return;
    turn(!isOn());
    announce(`${button.textContent} ${isOn() ? "✓" : "✗"}`);
    try {
      localStorage.setItem(KEPT, isOn() ? "on" : "off");
    } catch {
      // see above
    }
  });
  document.addEventListener("keydown", (event) => {
    const act = KEYS[event.key];
    if (!act || event.isComposing || !isOn()) return;
    event.preventDefault();
    act();
  });
}
