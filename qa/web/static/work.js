// Changes of the library in progress: a card for each, followed to its end, with what became of every
// file.

import { chooseMessage, fill, followJob, hasEnded, locate, readProblem, tellTime } from "./jobs.js";
import { focusList, make, read, readTexts, view } from "./libraryview.js";

// Send a request for a change and follow the job that it becomes.
export async function request(card, ask) {
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
export async function findJobs() {
  const response = await fetch(locate(read("api"), "jobs")).catch(() => null);
  if (!response?.ok) return;
  const found = await response.json();
  const names = { add: "jobAdd", remove: "jobRemove", correct: "jobCorrect", rebuild: "jobRebuild" };
  for (const job of found.jobs) {
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

export function makeCard(name) {
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
    focusList();
  });
  card.said.setAttribute("role", "status");
  card.bar.setAttribute("aria-label", name);
  head.append(card.name, card.line, card.cancel, card.close);
  root.append(head, card.said, card.bar, card.files);
  view().querySelector(".library-work").prepend(root);
  progress(card, texts.starting, 0, 0);
  return card;
}

// Every change is shown; what is read aloud changes with the stage only.
export function progress(card, text, done, total, stage = text) {
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

export function finish(card, state, text) {
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

export function makeOutcome(outcome, kind, file, said) {
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
