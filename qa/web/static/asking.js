// Questions that are not typed: examples, the last calls, and links that carry a question.

import { find, questionBox } from "./dom.js";
import { choose } from "./filters.js";

// The words of a link: the question, and where it is to be looked up.
const QUESTION = "q";
const SEARCH = "search";

export function fill(box, text) {
  // Svelte listens to the event, and reads the property.
  box.value = text;
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

function send(box, button, text) {
  fill(box, text);
  setTimeout(() => button.click(), 0); // once Gradio has seen the text
}

export function askQuestion(text) {
  send(questionBox(), find("#ask-button"), text);
  questionBox().focus(); // what was clicked is gone, and the next question can be typed
}

// Return the address that asks the question of an answer again, with its filters.
export function linkTo(answer) {
  const address = new URL("./", document.baseURI);
  address.searchParams.set(QUESTION, answer.dataset.asked);
  for (const [name, value] of Object.entries(JSON.parse(answer.dataset.chosen))) {
    address.searchParams.set(name, value);
  }
  return address.href;
}

// Ask what the page's own address says, once. The address is kept: it is the link.
export async function askAddress() {
  const values = Object.fromEntries(new URLSearchParams(location.search));
  const { [QUESTION]: question, [SEARCH]: terms, lang, ...filters } = values;
  if (!question && !terms) return;
  await choose(filters);
  if (question) askQuestion(question);
  else {
    find('.tabs [role="tab"]:nth-of-type(2)')?.click();
    const waiting = setInterval(() => {
      const box = find("#terms textarea, #terms input");
      if (!box) return;
      clearInterval(waiting);
      send(box, find("#search-button"), terms);
    }, 50);
  }
}

export function beginAsking() {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("button.example, button.call");
    if (!button) return;
    if (button.dataset.chosen) await choose(JSON.parse(button.dataset.chosen));
    askQuestion(button.dataset.question ?? button.textContent);
  });
}

export async function drawExamples() {
  const place = find("#examples");
  const response = await fetch("examples").catch(() => null);
  if (response?.status === 202) setTimeout(drawExamples, 1500); // they are being tried
  else if (response?.status === 200 && place) place.innerHTML = await response.text(); // escaped by the server
}
