// Keeping the library: finding documents, adding them by choosing or dropping, removing them, and
// following what becomes of it. The server renders the view; the parts that change are replaced.
import { gather, send } from "./adding.js";
import { announce } from "./dom.js";
import { locate } from "./jobs.js";
import { focusList, read, readTexts, view } from "./libraryview.js";
import { findJobs, makeCard, request } from "./work.js";

const TYPING = 250; // milliseconds without a key before what was typed is looked for

let begun = false;
let container = null; // <div id="library">, in Gradio's tree
let offset = 0; // of the page of the list
let wanted = 0; // the newest request; an older answer that arrives late is dropped

export function beginLibrary() {
  if (begun) return;
  begun = true;
  // Gradio draws the tab when it likes, and again when it must.
  new MutationObserver(adopt).observe(document.documentElement, { childList: true, subtree: true });
  adopt();
  document.addEventListener("librarychange", () => refresh());
  for (const type of ["dragover", "drop"]) window.addEventListener(type, keepPage);
}

function adopt() {
  const found = document.getElementById("library");
  if (!found || found === container) return;
  container = found;
  container.addEventListener("click", click);
  container.addEventListener("input", type);
  container.addEventListener("change", change);
  container.addEventListener("submit", submit);
  container.addEventListener("dragover", drag);
  container.addEventListener("dragleave", leave);
  container.addEventListener("drop", drop);
  new IntersectionObserver((entries) => entries.at(-1).isIntersecting && show()).observe(
    container.closest('[role="tabpanel"]') ?? container,
  );
}

// ---- the view ---------------------------------------------------------------------------------

// The first time the tab is seen it is filled; later it is brought up to date.
async function show() {
  if (view()) {
    refresh();
    return;
  }
  const ticket = ++wanted;
  try {
    const response = await fetch("library");
    const html = await response.text();
    if (ticket !== wanted) return;
    container.innerHTML = html; // escaped by the server
    if (!view()) return;
  } catch {
    if (ticket === wanted) say(container, container.dataset.error);
    return;
  }
  const filters = container.querySelector(".library-filters");
  // Worth its place where there is more than can be looked through, and room.
  filters.open = Boolean(container.querySelector(".paging")) && matchMedia("(min-width: 640px)").matches;
  container.querySelector(".removal")?.addEventListener("keydown", stopEscape);
  container.querySelector(".removal")?.addEventListener("close", finishRemoval);
  if (canAdd()) findJobs();
}

function ask() {
  const fields = new FormData(container.querySelector(".library-form"));
  const query = new URLSearchParams([...fields].filter(([, value]) => value));
  if (offset) query.set("offset", offset);
  return `library?${query}`;
}

async function refresh() {
  if (!view()) return;
  const ticket = ++wanted;
  const list = container.querySelector(".library-list");
  list.setAttribute("aria-busy", "true");
  let fresh = null;
  let said = readTexts().error;
  try {
    const response = await fetch(ask());
    const template = document.createElement("template");
    template.innerHTML = await response.text(); // escaped by the server
    fresh = template.content.querySelector(".library-view");
    said = template.content.textContent;
  } catch {
    // told below
  }
  if (ticket !== wanted) return;
  list.removeAttribute("aria-busy");
  if (fresh) replaceParts(fresh);
  else say(list, said);
}

function say(list, text) {
  const message = document.createElement("p");
  message.className = "message message-error";
  message.setAttribute("role", "alert");
  message.textContent = text;
  list.replaceChildren(message);
}

// What is typed, chosen or in progress stays; the list and the choices there are now are new.
function replaceParts(fresh) {
  const list = container.querySelector(".library-list");
  const focused = list.contains(document.activeElement) ? nameControl(document.activeElement) : "";
  const before = list.querySelector(".count")?.textContent;
  list.replaceChildren(...fresh.querySelector(".library-list").childNodes);
  const count = list.querySelector(".count").textContent;
  if (count !== before) announce(count);
  const same = focused && list.querySelector(focused);
  if (same && !same.matches(".count")) same.focus({ preventScroll: true });
  else if (focused) focusList();
  for (const select of container.querySelectorAll(".library-form select")) {
    const next = fresh.querySelector(`select[name="${select.name}"]`);
    const value = select.value;
    select.replaceChildren(...next.childNodes);
    select.value = value;
  }
  container.querySelector(".library-filters .summary-note").textContent =
    fresh.querySelector(".library-filters .summary-note").textContent;
  container.querySelector(".clear").hidden = fresh.querySelector(".clear").hidden;
}

// A selector that finds the same control in a new list.
function nameControl(element) {
  const { document: name, sort, offset: place } = element.dataset;
  if (name) return `[data-document="${CSS.escape(name)}"]`;
  if (sort) return `th:nth-child(${element.closest("th").cellIndex + 1}) .sort`;
  if (place) return ".count"; // the next page is read from its beginning
  const address = element.getAttribute("href");
  return address ? `a[href="${CSS.escape(address)}"]` : ".count";
}

// ---- what the reader does ---------------------------------------------------------------------

let typing = 0;

function type(event) {
  if (event.target.name !== "q" || event.isComposing) return;
  clearTimeout(typing);
  typing = setTimeout(start, TYPING);
}

function start() {
  offset = 0;
  refresh();
}

function submit(event) {
  if (!event.target.matches(".library-form")) return;
  event.preventDefault();
  clearTimeout(typing);
  start();
}

function change(event) {
  if (event.target.matches('input[type="file"]')) {
    send([...event.target.files].map((file) => [file.name, file]));
    event.target.value = "";
  } else if (event.target.matches("select, input[type=date]")) {
    start();
  }
}

function click(event) {
  const button = event.target.closest?.("button");
  if (!button) return;
  if (button.matches(".sort")) {
    container.querySelector('select[name="sort"]').value = button.dataset.sort;
    start();
  } else if (button.matches(".page")) {
    offset = Number(button.dataset.offset);
    refresh().then(() => {
      const list = container.querySelector(".library-list");
      focusList();
      list.scrollIntoView({ block: "start" });
    });
  } else if (button.matches(".clear")) {
    const form = container.querySelector(".library-form");
    for (const control of form.elements) {
      if (control.name && control.name !== "sort") control.value = "";
    }
    form.elements.q.focus();
    start();
  } else if (button.matches(".remove")) {
    confirmRemoval(button);
  }
}

// ---- removing ---------------------------------------------------------------------------------

function confirmRemoval(button) {
  const dialog = container.querySelector(".removal");
  dialog.dataset.document = button.dataset.document;
  dialog.querySelector(".removal-name").textContent = button.dataset.title;
  dialog.returnValue = "";
  dialog.showModal();
}

async function finishRemoval(event) {
  const dialog = event.target;
  if (dialog.returnValue !== "remove") return;
  const texts = readTexts();
  const card = makeCard(texts.jobRemove);
  const name = dialog.querySelector(".removal-name").textContent;
  card.name.textContent = `${texts.jobRemove}：${name}`;
  const path = `documents/${encodeURIComponent(dialog.dataset.document)}`;
  await request(card, () => fetch(locate(read("api"), path), { method: "DELETE" }));
}

// Escape closes the dialog, not the pane behind it as well.
function stopEscape(event) {
  if (event.key === "Escape") event.stopPropagation();
}

// ---- dropping ---------------------------------------------------------------------------------

const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
const canAdd = () => Boolean(container?.querySelector(".library-add"));

// A file dropped beside the zone would replace the page.
function keepPage(event) {
  if (carriesFiles(event) && canAdd() && container.offsetParent) event.preventDefault();
}

function drag(event) {
  if (!carriesFiles(event) || !canAdd()) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "copy";
  container.querySelector(".library-add").classList.add("dropping");
}

function leave(event) {
  if (!container.contains(event.relatedTarget)) {
    container.querySelector(".library-add")?.classList.remove("dropping");
  }
}

async function drop(event) {
  if (!carriesFiles(event) || !canAdd()) return;
  event.preventDefault();
  container.querySelector(".library-add").classList.remove("dropping");
  // Entries must be taken at once; a folder's files come later.
  const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.());
  const files = [...event.dataTransfer.files].map((file) => [file.name, file]);
  const hasFolder = entries.some((entry) => entry?.isDirectory);
  send(hasFolder ? await gather(entries.filter(Boolean)) : files);
}
