// Keeping the library: finding documents, adding them by choosing or dropping, removing them, and
// following what becomes of it. The server renders the view; the parts that change are replaced.
import { announce } from "./dom.js";
import { chooseMessage, fill, followJob, hasEnded, locate, readProblem, tellTime } from "./jobs.js";

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

const view = () => container?.querySelector(".library-view");
const read = (name) => view()?.dataset[name] ?? "";
const readTexts = () => JSON.parse(read("texts"));

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
  if (focused) (list.querySelector(focused) ?? focusable(list)).focus({ preventScroll: true });
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

function focusable(list) {
  const count = list.querySelector(".count");
  count.tabIndex = -1;
  return count;
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
      focusable(list).focus({ preventScroll: true });
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

// ---- adding -----------------------------------------------------------------------------------

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

// The files of folders, with their names below them.
async function gather(entries) {
  const found = [];
  for (const entry of entries) {
    if (entry.isFile) {
      const file = await new Promise((resolve, reject) => entry.file(resolve, reject)).catch(() => null);
      if (file && !file.name.startsWith(".")) found.push([entry.fullPath.replace(/^\//, ""), file]);
      continue;
    }
    const reader = entry.createReader();
    for (;;) {
      const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject)).catch(() => []);
      if (!some.length) break;
      found.push(...(await gather(some)));
    }
  }
  return found;
}

async function send(files) {
  if (!files.length) return;
  const texts = readTexts();
  const accepted = read("accepted").split(" ");
  const card = makeCard(texts.jobAdd);
  const body = new FormData();
  const sent = [];
  for (const [name, file] of files) {
    const known = accepted.some((suffix) => name.toLowerCase().endsWith(suffix));
    if (known && file.size) {
      body.append("files", file, name.split("/").pop());
      sent.push(name);
    } else {
      card.refused.push(makeOutcome(texts.outcomeFailed, "failed", name, known ? texts.empty : texts.notAccepted));
    }
  }
  card.files.replaceChildren(...card.refused);
  if (!sent.length) {
    finish(card, "failed", texts.failed);
    return;
  }
  const told = fill(texts.uploading, sent.length);
  progress(card, told, 0, 1);
  await request(card, () => upload(card, body, told));
}

// fetch does not tell how much of a body was sent.
function upload(card, body, told) {
  return new Promise((resolve, reject) => {
    const sending = new XMLHttpRequest();
    sending.open("POST", locate(read("api"), "documents"));
    sending.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) progress(card, told, event.loaded, event.total);
    });
    sending.addEventListener("load", () => {
      resolve(new Response(sending.responseText, { status: sending.status, statusText: sending.statusText }));
    });
    sending.addEventListener("error", () => reject(new Error("unreachable")));
    sending.addEventListener("abort", () => resolve(null));
    card.cancel.hidden = false;
    card.stop = () => sending.abort();
    sending.send(body);
  });
}

// ---- changes in progress ----------------------------------------------------------------------

// Send a request for a change and follow the job that it becomes.
async function request(card, ask) {
  const texts = readTexts();
  let response;
  try {
    response = await ask();
  } catch {
    finish(card, "failed", texts.unreachable);
    return;
  }
  if (response === null) finish(card, "cancelled", texts.cancelled);
  else if (!response.ok) finish(card, "failed", fill(texts.problem, await readProblem(response)));
  else follow(card, await response.json());
}

const followed = new Set();

function follow(card, job) {
  const texts = readTexts();
  followed.add(job.id);
  card.stop = () => {
    card.line.textContent = texts.cancelling;
    card.cancel.hidden = true;
    fetch(locate(read("api"), `jobs/${encodeURIComponent(job.id)}`), { method: "DELETE" }).catch(() => {});
  };
  showJob(card, job);
  followJob(
    read("api"),
    job.id,
    (news) => showJob(card, news),
    () => finish(card, "failed", texts.unreachable),
  );
}

// Changes that began elsewhere, or before the page was loaded again.
async function findJobs() {
  const response = await fetch(locate(read("api"), "jobs")).catch(() => null);
  if (!response?.ok) return;
  const found = await response.json();
  const names = { add: "jobAdd", remove: "jobRemove", correct: "jobCorrect" };
  for (const job of found.jobs ?? found) {
    if (!hasEnded(job) && !followed.has(job.id)) follow(makeCard(readTexts()[names[job.kind]]), job);
  }
}

function showJob(card, job) {
  const texts = readTexts();
  if (!hasEnded(job)) {
    const stage = job.state === "queued" ? texts.queued : (texts[job.stage] ?? texts.starting);
    const steps = job.total > 0 ? fill(texts.steps, job.done, job.total) : "";
    const left = tellTime(job.seconds_left, texts);
    progress(card, [stage, steps, left].filter(Boolean).join(" · "), job.done, job.total, stage);
    card.cancel.hidden = !(job.kind === "add" || job.state === "queued");
    return;
  }
  card.files.replaceChildren(...card.refused, ...job.changes.map((change) => makeChange(change, texts)));
  if (job.state === "cancelled") finish(card, "cancelled", texts.cancelled);
  else if (job.error) finish(card, "failed", chooseMessage(job.error));
  else finish(card, job.state, summarize(job, card, texts));
  if (job.state !== "cancelled") document.dispatchEvent(new CustomEvent("librarychange"));
}

function summarize(job, card, texts) {
  if (job.kind !== "add") return texts[job.state];
  const added = job.changes.filter((change) => ["added", "version"].includes(change.outcome)).length;
  const left = job.changes.length + card.refused.length - added;
  const counts = [fill(texts.added, added), left ? fill(texts.notAdded, left) : ""];
  return [texts[job.state], ...counts].filter(Boolean).join(" · ");
}

function makeCard(name) {
  const texts = readTexts();
  const root = make("article", "work");
  const head = make("p", "work-head");
  const card = {
    root,
    name: make("b", "work-name", name),
    line: make("span", "work-line"),
    said: make("span", "unseen"),
    cancel: make("button", "plain", texts.cancel),
    close: make("button", "plain", texts.close),
    bar: make("progress", "work-bar"),
    files: make("ul", "work-files"),
    refused: [],
    stop: () => {},
  };
  card.cancel.type = card.close.type = "button";
  card.cancel.hidden = card.close.hidden = true;
  card.cancel.addEventListener("click", () => card.stop());
  card.close.addEventListener("click", () => {
    root.remove();
    focusable(container.querySelector(".library-list")).focus({ preventScroll: true });
  });
  card.said.setAttribute("role", "status");
  card.bar.setAttribute("aria-label", name);
  head.append(card.name, card.line, card.cancel, card.close);
  root.append(head, card.said, card.bar, card.files);
  container.querySelector(".library-work").prepend(root);
  progress(card, texts.starting, 0, 0);
  return card;
}

// Every change is shown; what is read aloud changes with the stage only.
function progress(card, text, done, total, stage = text) {
  card.root.dataset.state = "running";
  card.line.textContent = text;
  if (card.said.textContent !== stage) card.said.textContent = stage;
  if (total > 0) {
    card.bar.max = total;
    card.bar.value = done;
  } else {
    card.bar.removeAttribute("value");
  }
}

function finish(card, state, text) {
  card.root.dataset.state = state;
  card.line.textContent = card.said.textContent = text;
  card.bar.hidden = card.cancel.hidden = true;
  card.close.hidden = false;
}

function makeChange(change, texts) {
  const outcome = change.outcome[0].toUpperCase() + change.outcome.slice(1);
  const item = makeOutcome(texts[`outcome${outcome}`], change.outcome, change.file, "");
  const audit = change.audit ? tellAudit(change.audit, texts) : "";
  const title = change.audit?.title;
  if (title) item.append(make("span", "work-title", title));
  // The audit says more than that the file was added.
  const said = change.outcome === "added" && audit ? "" : chooseMessage(change);
  if (change.id && change.outcome !== "removed") item.append(link(change.id, texts.openDocument));
  if (change.other && change.other !== change.id) {
    item.append(link(change.other, fill(texts.other, change.other)));
  }
  if (said || audit) item.append(make("small", "", [said, audit].filter(Boolean).join(" ")));
  return item;
}

function makeOutcome(outcome, kind, file, said) {
  const item = make("li", `change change-${kind}`);
  item.append(make("span", "badge", outcome), make("span", "work-file", file));
  if (said) item.append(make("small", "", said));
  return item;
}

function tellAudit(audit, texts) {
  const clauses = (audit.kinds?.clause ?? 0) + (audit.kinds?.heading ?? 0);
  const odd = (audit.gaps?.length ?? 0) + (audit.duplicates?.length ?? 0);
  const defects = audit.defects?.length ?? 0;
  const parts = [
    fill(texts.auditClauses, clauses),
    defects ? fill(texts.auditDefects, defects) : texts.auditSound,
    odd ? fill(texts.auditOdd, odd) : "",
    audit.adds_up === false ? texts.auditIncomplete : texts.auditComplete,
  ];
  return parts.filter(Boolean).join(read("language") === "zh" ? "，" : ", ");
}

function link(name, text) {
  const anchor = make("a", "source", text);
  anchor.href = `documents/${encodeURIComponent(name)}`;
  return anchor;
}

function make(tag, className = "", text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}
