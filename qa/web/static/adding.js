// Sending files to the library: those that it cannot take are told at once, the others uploaded.

import { fill, locate } from "./jobs.js";
import { read, readTexts } from "./libraryview.js";
import { finish, makeCard, makeOutcome, progress, request } from "./work.js";

// The files of folders, with their names below them.
export async function gather(entries) {
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

export async function send(files) {
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
