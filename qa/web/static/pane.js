// The document beside the conversation: fetched from the server, opened at the clause and the quote.

import { alone, find, questionBox } from "./dom.js";

let pane = null; // made once, outside Gradio's tree
let opener = null; // the link that opened the pane; focus goes back to it
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
  const page = document.createElement("a");
  page.className = "pane-alone";
  page.target = "_blank";
  page.rel = "noopener";
  page.textContent = texts.alone;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "pane-close";
  close.textContent = texts.close;
  close.addEventListener("click", closePane);
  bar.append(name, page, close);
  const content = document.createElement("div");
  content.className = "pane-content";
  content.tabIndex = 0; // a scrolling region must be reachable by keyboard
  pane.append(bar, content);
  document.body.append(pane);
}

export async function openPane(link) {
  if (!pane) makePane();
  const texts = find("#pane-texts").dataset;
  const content = find(".pane-content", pane);
  const address = new URL(link.href);
  const ticket = ++wanted;
  if (!pane.contains(link)) opener = link;
  find(".pane-alone", pane).href = address.href;
  if (pane.hidden && getComputedStyle(pane).getPropertyValue("--covers")) {
    history.pushState({ pane: true }, ""); // a phone's back button closes what covers the page
  }
  pane.hidden = false;
  document.body.classList.add("pane-open");
  document.querySelectorAll(".source[aria-current]").forEach((a) => a.removeAttribute("aria-current"));
  link.setAttribute("aria-current", "true");
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
    find(".pane-name", pane).textContent = [title ?? texts.label, number].filter(Boolean).join("　");
    shown = response.ok;
  } catch {
    if (ticket === wanted) showMessage(content, texts.error);
  } finally {
    clearTimeout(waiting);
  }
  if (shown) showPlace(content);
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
  if (history.state?.pane) history.back(); // comes back here as popstate
  else hidePane();
}

export function hidePane() {
  if (!pane || pane.hidden) return;
  wanted += 1;
  pane.hidden = true;
  document.body.classList.remove("pane-open");
  document.querySelectorAll(".source[aria-current]").forEach((a) => a.removeAttribute("aria-current"));
  if (opener && opener.isConnected) opener.focus();
  else questionBox()?.focus();
}

// Scroll to the quote, else to the clause, else to the top; focus goes along for the keyboard.
export function showPlace(content) {
  const target = find("mark.quote", content) ?? find(".clause.chosen", content);
  if (!target) content.scrollTop = 0;
  else scrollTo(content, target, find("mark.quote", content) ? 0.25 : 0.02);
  const focus = target ?? find(".document-title", content);
  if (!focus) return; // a message stands in the place of the document
  focus.tabIndex = -1;
  focus.focus({ preventScroll: true });
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
  scrollTo(content, target, 0.02);
  target.tabIndex = -1;
  target.focus({ preventScroll: true });
  content.querySelectorAll(".reached").forEach((element) => element.classList.remove("reached"));
  target.classList.add("reached");
}
