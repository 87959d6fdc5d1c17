// Who is logged in, and the way out. The server says both on the root element; without a login it
// says neither, and nothing is drawn.

import { find, questionBox } from "./dom.js";

export function drawVisitor() {
  const { user, logout } = document.documentElement.dataset;
  const side = find(".masthead-side");
  if (!user || !side || find("#logout")) return;
  const form = document.createElement("form");
  form.id = "logout";
  form.method = "post";
  form.action = "sign-out";
  const name = document.createElement("bdi");
  name.textContent = user;
  const button = document.createElement("button");
  button.className = "quiet";
  button.textContent = logout;
  form.append(name, " ", button);
  side.append(form);
}

// A session ends in the middle of a day's work: whatever is asked for next leads to the login, and
// from there back here, with the question that was being asked.
export function followLogin() {
  const ask = globalThis.fetch;
  globalThis.fetch = async (...request) => {
    const response = await ask(...request);
    if (response.status === 401) {
      const question = questionBox()?.value.trim();
      location.assign(question ? `?q=${encodeURIComponent(question)}` : location.href);
    }
    return response;
  };
}
