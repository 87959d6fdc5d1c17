// Reading a document, in the pane or on its own page: the outline, links to clauses, corrections.
// Everything is found from where an event happens, because the pane's content is replaced.
import { copyBySelection } from "./copying.js";
import { alone } from "./dom.js";
import { chooseMessage, fill, followJob, hasEnded, locate, readProblem, tellTime } from "./jobs.js";

// As in document.css: the outline beside the text, and what is said about the document as well.
const WIDE = "(min-width: 60rem)";
const WIDEST = "(min-width: 84rem)";
const begun = new WeakSet();

export function beginDocument(root = document) {
  if (begun.has(root)) return;
  begun.add(root);
  root.addEventListener("click", (event) => {
    if (event.target instanceof Element) act(event);
  });
  root.addEventListener("keydown", moveInOutline);
  root.addEventListener("submit", (event) => {
    if (event.target.closest(".correction")) save(event);
  });
  // Scrolling does not bubble; both the pane and the window are heard this way.
  root.addEventListener("scroll", schedule, { capture: true, passive: true });
  root.addEventListener("focusin", (event) => {
    if (event.target.closest?.(".document")) schedule();
  });
  for (const width of [WIDE, WIDEST]) matchMedia(width).addEventListener("change", unfold);
  unfold();
  schedule();
}

// What stands beside the text is open.
function unfold() {
  if (!alone()) return;
  const open = (selector, width) =>
    document.querySelectorAll(selector).forEach((part) => (part.open = matchMedia(width).matches));
  open(".outline", WIDE);
  open(".facts, .relations", WIDEST);
}

function act(event) {
  const plain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
  const branch = event.target.closest("button.branch");
  if (branch) toggle(branch);
  const link = event.target.closest("a.permalink, a.copy-link");
  if (link && plain) {
    event.preventDefault();
    copyLink(link);
  }
  const place = event.target.closest("a.place");
  if (place && plain && reach(place)) event.preventDefault();
  const article = event.target.closest(".document");
  if (!article) return;
  if (event.target.closest("button.correct")) openForm(article);
  if (event.target.closest(".correction .cancel")) article.querySelector(".correction").close();
  const withdraw = event.target.closest("button.withdraw");
  if (withdraw) correct(article, { [withdraw.dataset.field]: null });
}

// ---- the outline ------------------------------------------------------------------------------

function toggle(button, open = button.getAttribute("aria-expanded") !== "true") {
  button.setAttribute("aria-expanded", String(open));
  button.parentElement.querySelector("ol").hidden = !open;
}

// Up and down go from entry to entry, right opens a branch, left closes it or goes to its head.
function moveInOutline(event) {
  const link = event.target.closest?.(".outline nav a");
  if (!link || event.ctrlKey || event.metaKey || event.altKey) return;
  const item = link.parentElement;
  const branch = item.querySelector(":scope > button.branch");
  const isOpen = branch?.getAttribute("aria-expanded") === "true";
  const links = [...link.closest("nav").querySelectorAll("a")].filter((a) => a.offsetParent);
  const at = links.indexOf(link);
  let target = null;
  if (event.key === "ArrowDown") target = links[at + 1];
  else if (event.key === "ArrowUp") target = links[at - 1];
  else if (event.key === "Home") target = links[0];
  else if (event.key === "End") target = links[links.length - 1];
  else if (event.key === "ArrowRight" && branch) isOpen ? (target = links[at + 1]) : toggle(branch, true);
  else if (event.key === "ArrowLeft" && isOpen) toggle(branch, false);
  else if (event.key === "ArrowLeft") target = item.parentElement.closest("li")?.querySelector("a");
  else return;
  event.preventDefault();
  target?.focus();
}

let scheduled = false;

function schedule() {
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame(() => {
    scheduled = false;
    document.querySelectorAll(".document").forEach(markCurrent);
  });
}

// Mark the clause that is being read: the last one that begins above a quarter of the window.
function markCurrent(article) {
  const clauses = article.querySelectorAll(".clause");
  if (!clauses.length || !article.offsetParent) return;
  const frame = article.closest(".pane-content")?.getBoundingClientRect();
  const line = frame ? frame.top + frame.height / 4 : innerHeight / 4;
  let low = 0;
  let high = clauses.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (clauses[middle].getBoundingClientRect().top <= line) low = middle + 1;
    else high = middle;
  }
  const current = clauses[Math.max(low - 1, 0)];
  if (current.classList.contains("current")) return;
  article.querySelectorAll(".clause.current").forEach((clause) => clause.classList.remove("current"));
  current.classList.add("current");
  // One link to a clause is in the order of the keyboard: that of the clause being read.
  article.querySelectorAll(".permalink").forEach((link) => (link.tabIndex = -1));
  const permalink = current.querySelector(":scope > .permalink");
  if (permalink) permalink.tabIndex = 0;
  markEntry(article, current.id);
}

function markEntry(article, id) {
  const nav = article.querySelector(".outline nav");
  nav?.querySelectorAll("[aria-current]").forEach((a) => a.removeAttribute("aria-current"));
  const link = nav?.querySelector(`a[href="#${CSS.escape(id)}"]`);
  if (!link) return;
  link.setAttribute("aria-current", "location");
  nav.parentElement.querySelector("summary").dataset.current = link.textContent;
  const shown = link.offsetParent ? link : link.closest("ol[hidden]")?.parentElement;
  if (!shown || !nav.offsetParent || nav.matches(":focus-within")) return;
  const [entry, frame] = [shown.getBoundingClientRect(), nav.getBoundingClientRect()];
  if (entry.top < frame.top + 24) nav.scrollTop += entry.top - frame.top - 48;
  else if (entry.bottom > frame.bottom - 24) nav.scrollTop += entry.bottom - frame.bottom + 48;
}

// ---- places and links -------------------------------------------------------------------------

// Go to a clause or a damaged place of the document that is open; false where it is not there.
function reach(link) {
  const body = link.closest(".document")?.querySelector(".document-body");
  const target =
    body?.querySelector(`[data-at="${CSS.escape(link.dataset.at ?? "")}"]`) ??
    body?.querySelector(`[data-path="${CSS.escape(link.dataset.path ?? "")}"]`);
  if (!target) return false;
  target.scrollIntoView({ block: "center" });
  target.tabIndex = -1;
  target.focus({ preventScroll: true });
  body.querySelectorAll(".reached").forEach((element) => element.classList.remove("reached"));
  target.classList.add("reached");
  return true;
}

async function copyLink(link) {
  const texts = readTexts(link.closest(".document"));
  let done = true;
  try {
    await navigator.clipboard.writeText(link.href);
  } catch {
    done = copyBySelection(link.href); // a page served over plain http has no clipboard
    link.focus({ preventScroll: true });
  }
  if (alone() && link.matches(".permalink")) {
    history.replaceState(history.state, "", link.href);
  }
  tell(done ? texts.copied : texts.notCopied);
}

const readTexts = (article) => JSON.parse(article.dataset.texts);

let toast = null;
let fading = 0;

// Say something at the window's edge for a moment, aloud as well.
function tell(text) {
  if (!toast?.isConnected) {
    toast = document.createElement("p");
    toast.className = "toast";
    toast.setAttribute("role", "status");
    document.body.append(toast);
  }
  clearTimeout(fading);
  toast.textContent = text;
  toast.classList.add("shown");
  fading = setTimeout(() => toast.classList.remove("shown"), 2200);
}

// ---- corrections ------------------------------------------------------------------------------

function openForm(article) {
  const dialog = article.querySelector(".correction");
  dialog.querySelector("form").reset();
  showError(dialog, "");
  if (!dialog.dataset.begun) {
    dialog.dataset.begun = "1";
    // Escape closes the form, not the pane behind it as well.
    dialog.addEventListener("keydown", (event) => event.key === "Escape" && event.stopPropagation());
  }
  dialog.showModal();
}

function save(event) {
  event.preventDefault();
  const article = event.target.closest(".document");
  showError(article.querySelector(".correction"), "");
  const fields = {};
  for (const control of event.target.elements) {
    const found = control.dataset.found;
    if (found === undefined || control.value.trim() === found.trim()) continue;
    const lines = control.value.split("\n").map((line) => line.trim()).filter(Boolean);
    // A dash says that the document has no such thing; null would withdraw a correction.
    if (control.name === "authorities") fields[control.name] = lines.length ? lines : "-";
    else fields[control.name] = control.value.trim() || "-";
  }
  if (Object.keys(fields).length) correct(article, fields);
  else showError(article.querySelector(".correction"), readTexts(article).unchanged);
}

function showError(dialog, text) {
  if (!text) dialog.querySelectorAll("[aria-invalid]").forEach((control) => control.removeAttribute("aria-invalid"));
  const line = dialog.querySelector(".form-error");
  line.textContent = text;
  line.hidden = !text;
}

// The server says which field is wrong by the name it has in the interface.
function nameField(dialog, reason, texts) {
  const [, name, rest] = reason.match(/^(\w+)[：:]\s*(.*)$/s) ?? [];
  const control = name && dialog.querySelector(`[name="${name}"]`);
  if (!control) return fill(texts.failed, reason);
  control.setAttribute("aria-invalid", "true");
  control.focus();
  return fill(texts.failed, `${control.closest("label").querySelector("span").firstChild.textContent.trim()}：${rest}`);
}

async function correct(article, fields) {
  const texts = readTexts(article);
  const dialog = article.querySelector(".correction");
  const address = locate(article.dataset.api, `documents/${encodeURIComponent(article.dataset.document)}`);
  const fail = (reason) => {
    const text = fill(texts.failed, reason);
    if (dialog.open) showError(dialog, nameField(dialog, reason, texts));
    else report(article, text, "failed");
  };
  let response;
  try {
    response = await fetch(address, {
      method: "PATCH",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ metadata: fields }),
    });
  } catch {
    fail(texts.unreachable);
    return;
  }
  if (!response.ok) {
    fail(await readProblem(response));
    return;
  }
  dialog.close();
  report(article, texts.saving, "running");
  const job = await response.json();
  followJob(
    article.dataset.api,
    job.id,
    (news) => showJob(article, news, texts),
    () => report(article, texts.unreachable, "failed"),
  );
}

function report(article, text, state) {
  const line = article.querySelector(".job-line");
  line.hidden = !text;
  line.dataset.state = state;
  if (line.textContent !== text) line.textContent = text;
  article.querySelectorAll("button.correct, button.withdraw").forEach((button) => {
    button.disabled = state === "running";
  });
}

function showJob(article, job, texts) {
  if (!hasEnded(job)) {
    const stage = job.state === "queued" ? texts.queued : (texts[job.stage] ?? texts.saving);
    const left = tellTime(job.seconds_left, texts);
    report(article, fill(stage, job.done, job.total) + (left ? ` ${left}` : ""), "running");
    return;
  }
  const failed = job.changes.find((change) => change.outcome === "failed");
  const reason = job.error ?? failed;
  if (job.state === "cancelled") report(article, texts.cancelled, "failed");
  else if (job.state === "failed" || reason) report(article, fill(texts.failed, chooseMessage(reason)), "failed");
  else renew(article, texts);
  document.dispatchEvent(new CustomEvent("librarychange"));
}

// Show what the document says now; the text and the reader's place in it stay.
async function renew(article, texts) {
  const name = encodeURIComponent(article.dataset.document);
  const address = new URL(`${alone() ? "documents" : "pane"}/${name}`, document.baseURI);
  const response = await fetch(address).catch(() => null);
  if (!response?.ok) {
    report(article, texts.unreachable, "failed");
    return;
  }
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const part of [".document-head", ".document-about"]) {
    const old = article.querySelector(part);
    const next = document.adoptNode(fresh.querySelector(part));
    old.querySelectorAll(":scope > details").forEach((details) => {
      const same = next.querySelector(`details.${CSS.escape(details.className)}`);
      if (same) same.open = details.open;
    });
    old.replaceWith(next);
  }
  report(article, texts.done, "done");
  article.querySelector("button.correct").focus({ preventScroll: true });
}
