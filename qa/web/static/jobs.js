// Changes of the library: asked for, and followed on the server to their end.

// Where something of the REST interface lies; `api` is relative to the page's base.
export const locate = (api, path) => new URL(api + path, document.baseURI).href;

// A text with its {} filled, one after the other.
export function fill(text, ...values) {
  return values.reduce((filled, value) => filled.replace("{}", () => value), text);
}

// The line of a message in the page's language: the server says it in Chinese, then in English.
function chooseLine(message) {
  const lines = String(message ?? "").trim().split("\n");
  return document.documentElement.lang.startsWith("zh") ? lines[0] : lines[lines.length - 1];
}

export const chooseMessage = (item) =>
  document.documentElement.lang.startsWith("zh") ? item.chinese : item.english;

export const hasEnded = (job) => ["done", "failed", "cancelled"].includes(job.state);

// Why a request was not accepted.
export async function readProblem(response) {
  try {
    return chooseLine((await response.json()).detail);
  } catch {
    return `${response.status} ${response.statusText}`;
  }
}

// Time left as words, or nothing where the server cannot tell.
export function tellTime(seconds, texts) {
  if (seconds === null || seconds === undefined || seconds < 1) return "";
  if (seconds > 90 && texts.leftMinutes) return fill(texts.leftMinutes, Math.ceil(seconds / 60));
  return fill(texts.left, Math.ceil(seconds));
}

// Calls show(job) for every news of a job until it has ended, lose() where there is none to be had.
export function followJob(api, id, show, lose) {
  const address = locate(api, `jobs/${encodeURIComponent(id)}`);
  const source = new EventSource(`${address}/events`);
  let failures = 0;
  source.addEventListener("job", (event) => {
    failures = 0;
    const job = JSON.parse(event.data);
    if (hasEnded(job)) source.close();
    show(job);
  });
  source.addEventListener("error", () => {
    // The browser connects again by itself, but not to a server that refuses.
    failures += 1;
    if (source.readyState !== EventSource.CLOSED && failures < 4) return;
    source.close();
    lose();
  });
}
