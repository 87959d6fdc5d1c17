// Whether the server has loaded what it answers from; and where its index is damaged, a way to rebuild it.
import { api } from "./dom.js";
import { chooseMessage, fill, followJob, hasEnded, readProblem } from "./jobs.js";

// ``changed`` is called when there is something to answer from, and whenever it is another index.
export async function watchState(line, changed) {
  let index = null;
  let pause = 800;
  for (;;) {
    let text = line.dataset.unreachable;
    let name = "unreachable";
    try {
      const health = await (await fetch("healthz", { cache: "no-store" })).json();
      name = health.status;
      text = line.dataset[name].replace("{}", health.documents);
      line.title = health.message ?? "";
      showRepair(name);
      if (health.index && health.index !== index) {
        index = health.index;
        changed();
      }
    } catch {
      pause = 5000;
    }
    if (line.textContent !== text) line.textContent = text;
    line.dataset.state = name;
    if (name === "loading") pause = 800;
    else if (name === "rebuilding") pause = 2000;
    else if (name !== "unreachable") pause = 30000;
    // After a change of the library at once, else when the time has come.
    await new Promise((resolve) => {
      setTimeout(resolve, pause);
      document.addEventListener("librarychange", resolve, { once: true });
    });
  }
}

// ---- a damaged index --------------------------------------------------------------------------

let refused = ""; // why it was not rebuilt, when that was last asked for

function showRepair(state) {
  const repair = document.getElementById("repair");
  // A reader is told only; the server would refuse.
  if (document.documentElement.dataset.role === "reader") repair.querySelector("button")?.remove();
  const button = repair.querySelector("button");
  const damaged = state === "damaged";
  repair.hidden = !damaged && state !== "rebuilding";
  if (repair.hidden) refused = "";
  let text = repair.dataset[state] ?? "";
  if (damaged && !button) text += ` ${repair.dataset.ask}`;
  say(damaged && refused ? refused : text);
  if (!button) return;
  button.hidden = !damaged;
  button.onclick = rebuild;
}

// Said again only where it is another: a screen reader reads it every time.
function say(text) {
  const line = document.querySelector("#repair p");
  if (line.textContent !== text) line.textContent = text;
}

async function rebuild() {
  const repair = document.getElementById("repair");
  const refuse = (reason) => (refused = fill(repair.dataset.refused, reason));
  refused = "";
  repair.querySelector("button").hidden = true;
  try {
    const response = await fetch(api("index/rebuild"), { method: "POST" });
    if (!response.ok) refuse(await readProblem(response));
    else follow((await response.json()).id, refuse);
  } catch {
    refuse(document.getElementById("state").dataset.unreachable);
  }
  look();
}

function follow(id, refuse) {
  const show = (job) => {
    if (job.error) refuse(chooseMessage(job.error));
    if (hasEnded(job)) look();
  };
  followJob(api("").href, id, show, look);
}

// Ask at once how things stand.
const look = () => document.dispatchEvent(new CustomEvent("librarychange"));
