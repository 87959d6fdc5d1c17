// The document beside the conversation: fetched from the server, opened at the clause and the quote.

import { alone, announce, find, questionBox } from "./dom.js";

const WIDE = window.matchMedia("(min-width: 1000px)");

let pane = null; // made once, outside Gradio's tree
let opener = null; // the link that opened the pane; focus goes back to it
let dismissed = false; // closed by hand: an answer does not open it again
let wanted = 0; // the newest request; an older answer that arrives late is dropped

function makePane() {
  const texts = find("#pane-texts").dataset;
  pane = document.createElement("aside");
  pane.id = "pane";
  pane.hidden = true;
  pane.setAttribute("aria-label", texts.label);
  const bar = document.createElement("div");
  bar.className = "pane-bar";
  const name = document.createElement("span");
  name.className = "pane-name";
  const steps = document.createElement("span");
  steps.className = "pane-steps";
  steps.hidden = true;
  const place = document.createElement("span");
  place.className = "pane-place";
  steps.append(makeButton("pane-previous", "‹", texts.previous, () => stepCitation(-1)), place);
  steps.append(makeButton("pane-next", "›", texts.next, () => stepCitation(1)));
  const page = document.createElement("a");
  page.className = "pane-alone";
  page.target = "_blank";
  page.rel = "noopener";
  page.textContent = texts.alone;
  const close = makeButton("pane-close", texts.close, "", closePane);
  bar.append(name, steps, page, close);
  const content = document.createElement("div");
  content.className = "pane-content";
  content.tabIndex = 0; // a scrolling region must be reachable by keyboard
  pane.append(bar, content);
  document.body.append(pane);
}

function makeButton(name, text, label, act) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = name;
  button.textContent = text;
  if (label) {
    button.title = label;
    button.setAttribute("aria-label", label);
  }
  button.addEventListener("click", act);
  return button;
}

// Open the document that the link names. Quietly, where nobody has asked for it: focus stays, and a
// narrow screen, which the pane would cover, is left alone.
export async function openPane(link, { quiet = false } = {}) {
  if (quiet && (!WIDE.matches || dismissed)) return;
  dismissed = false;
  if (!pane) makePane();
  const texts = find("#pane-texts").dataset;
  const content = find(".pane-content", pane);
  const address = new URL(link.href);
  const ticket = ++wanted;
  if (!pane.contains(link)) opener = link;
  find(".pane-alone", pane).href = address.href;
  find(".pane-alone", pane).hidden = false;
  if (pane.hidden && getComputedStyle(pane).getPropertyValue("--covers")) {
    history.pushState({ pane: true }, ""); // a phone's back button closes what covers the page
  }
  pane.hidden = false;
  document.body.classList.add("pane-open");
  unmark();
  link.setAttribute("aria-current", "true");
  showStep();
  const waiting = setTimeout(() => showMessage(content, texts.loading), 250);
  let shown = false;
  try {
    address.pathname = address.pathname.replace("/documents/", "/pane/");
    const response = await fetch(address);
    const html = await response.text();
    if (ticket !== wanted) return;
    content.innerHTML = html; // escaped by the server
    const title = find(".document-title", content)?.textContent;
    const number = find(".document-number", content)?.textContent;
    nameDocument([title ?? texts.label, number], find(".document-head .status", content));
    shown = response.ok;
  } catch {
    if (ticket === wanted) showMessage(content, texts.error);
  } finally {
    clearTimeout(waiting);
  }
  if (shown) {
    document.dispatchEvent(new CustomEvent("document-shown", { detail: content }));
    showPlace(content, { focus: !quiet });
  }
}

// Say in the bar which document it is and whether it is in force, also where its head is out of sight.
function nameDocument(names, status) {
  find(".pane-name", pane).textContent = names.filter(Boolean).join("　");
  find(".pane-bar .status", pane)?.remove();
  if (status) find(".pane-name", pane).after(status.cloneNode(true));
}

// Keep the pane's place free while there is nothing to show, so that an answer moves nothing.
export function reservePane() {
  if (!WIDE.matches || dismissed || document.body.classList.contains("pane-open")) return;
  clearPane();
}

// Show that nothing is cited; what an earlier answer cited must not stand beside another.
export function clearPane() {
  if (!WIDE.matches || dismissed) return;
  if (!pane) makePane();
  wanted += 1;
  opener = null;
  unmark();
  const hint = document.createElement("p");
  hint.className = "pane-hint";
  hint.textContent = find("#pane-texts").dataset.empty;
  find(".pane-content", pane).replaceChildren(hint);
  nameDocument([], null);
  find(".pane-steps", pane).hidden = true;
  find(".pane-alone", pane).hidden = true;
  pane.hidden = false;
  document.body.classList.add("pane-open");
}

function unmark() {
  document.querySelectorAll(".source[aria-current]").forEach((a) => a.removeAttribute("aria-current"));
}

function showMessage(place, text) {
  const message = document.createElement("p");
  message.className = "message message-waiting";
  message.setAttribute("role", "status");
  message.textContent = text;
  place.replaceChildren(message);
}

export function closePane() {
  if (!pane || pane.hidden) return;
  dismissed = true;
  if (history.state?.pane) history.back(); // comes back here as popstate
  else hidePane();
}

// A new conversation begins without a document beside it.
export function forgetPane() {
  dismissed = false;
  hidePane({ focus: false });
}

export function hidePane({ focus = true } = {}) {
  if (!pane || pane.hidden) return;
  wanted += 1;
  pane.hidden = true;
  document.body.classList.remove("pane-open");
  unmark();
  if (!focus) return;
  if (opener && opener.isConnected) opener.focus();
  else questionBox()?.focus();
}

// Scroll to the quote, else to the clause, else to the top; focus goes along for the keyboard.
export function showPlace(content, { focus = true } = {}) {
  const target = find("mark.quote", content) ?? find(".clause.chosen", content);
  if (!target) content.scrollTop = 0;
  else scrollTo(content, target, find("mark.quote", content) ? 0.25 : 0.02);
  const focused = target ?? find(".document-title", content);
  if (!focus || !focused) return;
  focused.tabIndex = -1;
  focused.focus({ preventScroll: true });
}

function scrollTo(content, target, share) {
  if (alone()) {
    target.scrollIntoView({ block: "start" });
    window.scrollBy(0, -window.innerHeight * share);
    return;
  }
  const distance = target.getBoundingClientRect().top - content.getBoundingClientRect().top;
  content.scrollTop += distance - content.clientHeight * share;
}

export function followOutline(link) {
  const content = link.closest(".pane-content") ?? document.body;
  const target = find(link.getAttribute("href"), content);
  if (!target) return;
  if (!alone()) link.closest("details").open = false; // it lies over the text
  scrollTo(content, target, 0.02);
  target.tabIndex = -1;
  target.focus({ preventScroll: true });
  content.querySelectorAll(".reached").forEach((element) => element.classList.remove("reached"));
  target.classList.add("reached");
}

// ---- from one citation to the next -------------------------------------------------------------

// The citations of the answer that the pane was opened from, else of the newest, by their numbers.
function listCitations() {
  const turns = document.querySelectorAll(".turn");
  const turn = opener?.isConnected ? opener.closest(".turn") : turns[turns.length - 1];
  const items = turn ? [...turn.querySelectorAll(".citation")] : [];
  items.sort((a, b) => a.dataset.number - b.dataset.number);
  return items.map((item) => find("a.source", item));
}

function readStep() {
  const links = listCitations();
  const address = opener?.isConnected ? opener.href : "";
  return [links, links.findIndex((link) => link.href === address)];
}

export function stepCitation(step) {
  const [links, place] = readStep();
  if (!links.length) return;
  const next = links[place < 0 ? 0 : Math.min(Math.max(place + step, 0), links.length - 1)];
  const folded = next.closest("details.more");
  if (folded) folded.open = true;
  next.scrollIntoView({ block: "nearest" });
  const typing = document.activeElement?.matches("textarea, input");
  openPane(next, { quiet: typing && WIDE.matches }); // whoever is typing goes on typing
  announce(next.getAttribute("aria-label"));
}

function showStep() {
  const [links, place] = readStep();
  const steps = find(".pane-steps", pane);
  steps.hidden = place < 0 || links.length < 2;
  find(".pane-place", pane).textContent = `${place + 1} / ${links.length}`;
  find(".pane-previous", pane).disabled = place <= 0;
  find(".pane-next", pane).disabled = place === links.length - 1;
}
