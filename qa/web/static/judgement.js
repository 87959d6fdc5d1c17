// What a reader says of an answer: sent at once where it helped, with a reason where it did not.

import { api, find } from "./dom.js";

export function beginJudgement() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.(".judgement button");
    if (!button) return;
    const place = button.closest(".judgement");
    const form = find("form", place);
    if (button.dataset.verdict === "up") {
      form.hidden = true;
      send(place, { verdict: "up" });
    } else if (button.dataset.verdict === "down") {
      unfold(place, form.hidden);
      if (!form.hidden) find("input", form).focus();
    } else if ("cancel" in button.dataset) {
      unfold(place, false);
      find('[data-verdict="down"]', place).focus();
    }
  });
  // Escape gives up the form that it is pressed in, not the document beside it.
  document.addEventListener(
    "keydown",
    (event) => {
      const form = event.target.closest?.(".judgement form");
      if (event.key !== "Escape" || event.isComposing || !form) return;
      event.stopPropagation();
      find("[data-cancel]", form).click();
    },
    { capture: true },
  );
  document.addEventListener("submit", (event) => {
    const place = event.target.closest(".judgement");
    if (!place) return;
    event.preventDefault();
    const form = event.target;
    const chosen = form.elements.clause?.selectedOptions[0]?.dataset;
    send(place, {
      verdict: "down",
      reason: form.querySelector("input:checked").value,
      comment: form.elements.comment.value.trim() || null,
      clause: chosen?.clause ? { document: chosen.document, clause: chosen.clause } : null,
    });
  });
}

function unfold(place, open) {
  find("form", place).hidden = !open;
  find('[data-verdict="down"]', place).setAttribute("aria-expanded", String(open));
}

async function send(place, said) {
  const line = find(".judgement-said", place);
  line.textContent = "";
  let done = false;
  try {
    const response = await fetch(api("feedback"), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ ask: place.dataset.ask, ...said }),
    });
    done = response.ok;
  } catch {
    // told below
  }
  line.textContent = done ? place.dataset.thanks : place.dataset.failed;
  line.classList.toggle("failed", !done);
  if (!done) return;
  for (const button of place.querySelectorAll("[data-verdict]")) {
    button.setAttribute("aria-pressed", String(button.dataset.verdict === said.verdict));
  }
  unfold(place, false);
}
