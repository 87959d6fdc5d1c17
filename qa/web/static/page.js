// The page's own behaviour: the document pane, copying, the loading state, what is read aloud.
// Everything is found by class or id when it is needed, because Gradio redraws what it owns.
(() => {
  "use strict";

  const find = (selector, root = document) => root.querySelector(selector);
  const alone = () => document.body.classList.contains("alone");
  let pane = null; // made once, outside Gradio's tree
  let opener = null; // the link that opened the pane; focus goes back to it
  let wanted = 0; // the newest request; an older answer that arrives late is dropped

  // ---- the document pane -----------------------------------------------------------------

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

  async function openPane(link) {
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
      const title = find(".document h2", content)?.textContent;
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

  function closePane() {
    if (!pane || pane.hidden) return;
    if (history.state?.pane) history.back(); // comes back here as popstate
    else hidePane();
  }

  function hidePane() {
    if (!pane || pane.hidden) return;
    wanted += 1;
    pane.hidden = true;
    document.body.classList.remove("pane-open");
    document.querySelectorAll(".source[aria-current]").forEach((a) => a.removeAttribute("aria-current"));
    if (opener && opener.isConnected) opener.focus();
    else find("#question textarea, #question input")?.focus();
  }

  // Scroll to the quote, else to the clause, else to the top; focus goes along for the keyboard.
  function showPlace(content) {
    const target = find("mark.quote", content) ?? find(".clause.chosen", content);
    if (!target) content.scrollTop = 0;
    else scrollTo(content, target, find("mark.quote", content) ? 0.25 : 0.02);
    const focus = target ?? find("h2", content);
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

  function followOutline(link) {
    const content = link.closest(".pane-content") ?? document.body;
    const target = find(link.getAttribute("href"), content);
    if (!target) return;
    scrollTo(content, target, 0.02);
    target.tabIndex = -1;
    target.focus({ preventScroll: true });
    content.querySelectorAll(".reached").forEach((element) => element.classList.remove("reached"));
    target.classList.add("reached");
  }

  // ---- copying ---------------------------------------------------------------------------

  async function copy(button) {
    const text = button.dataset.copy;
    let done = false;
    try {
      await navigator.clipboard.writeText(text);
      done = true;
    } catch {
      done = copyBySelection(text); // a page served over plain http has no clipboard
      button.focus();
    }
    const label = button.textContent;
    if (button.dataset.busy) return;
    button.dataset.busy = "1";
    button.textContent = done ? button.dataset.copied : button.dataset.failed;
    announce(button.textContent);
    setTimeout(() => {
      button.textContent = label;
      delete button.dataset.busy;
    }, 1600);
  }

  function copyBySelection(text) {
    const area = document.createElement("textarea");
    area.value = text;
    area.style.cssText = "position:fixed;opacity:0";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }

  // ---- what is read aloud, and scrolling to the newest turn ---------------------------------

  let announcer = null;

  function announce(text) {
    if (!announcer) {
      announcer = document.createElement("div");
      announcer.id = "announcer";
      announcer.className = "unseen";
      announcer.setAttribute("role", "status");
      announcer.setAttribute("aria-live", "polite");
      document.body.append(announcer);
    }
    announcer.textContent = text;
  }

  function followThread(thread) {
    let before = 0;
    new MutationObserver(() => {
      const turns = thread.querySelectorAll(".turn");
      document.body.classList.toggle("talking", turns.length > 0);
      const last = turns[turns.length - 1];
      if (!last) {
        if (before) find("#question textarea, #question input")?.focus();
        before = 0;
        return;
      }
      const state = `${turns.length}:${last.textContent.length}`;
      if (state === before) return;
      before = state;
      if (turns.length === 1) window.scrollTo(0, 0);
      else last.scrollIntoView({ block: "start" });
      const answer = find(".answer-text", last);
      const said = answer
        ? `${find(".outcome", last).textContent} ${answer.textContent}`
        : (find(".message", last)?.textContent ?? "");
      announce(said);
    }).observe(thread, { childList: true, subtree: true });
  }

  // ---- the loading state -------------------------------------------------------------------

  async function watchState(line) {
    let pause = 800;
    for (;;) {
      let text = line.dataset.unreachable;
      let name = "unreachable";
      try {
        const health = await (await fetch("healthz", { cache: "no-store" })).json();
        name = health.status;
        text = line.dataset[name].replace("{}", health.documents);
        line.title = health.message ?? "";
      } catch {
        pause = 5000;
      }
      if (line.textContent !== text) line.textContent = text;
      line.dataset.state = name;
      if (name === "loading") pause = 800;
      else if (name !== "unreachable") pause = 30000;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  // ---- events -------------------------------------------------------------------------------

  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element)) return;
    const plain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    const link = event.target.closest("a");
    if (link?.matches(".source") && plain && !alone()) {
      event.preventDefault();
      openPane(link);
    } else if (link?.matches(".outline a")) {
      event.preventDefault();
      followOutline(link);
    } else if (link?.matches(".skip")) {
      event.preventDefault();
      find("#question textarea, #question input")?.focus();
    } else if (link?.dataset.choose) {
      document.cookie = `policy_qa_language=${link.dataset.choose};max-age=31536000;samesite=lax;path=/`;
      event.preventDefault();
      location.href = link.dataset.choose === "en" ? "en/" : "../?lang=zh";
    }
    const button = event.target.closest("button.copy");
    if (button) copy(button);
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.isComposing) closePane();
  });

  window.addEventListener("popstate", hidePane);

  function begin() {
    if (alone()) {
      showPlace(document.body);
      return;
    }
    const waiting = setInterval(() => {
      const thread = find("#thread");
      const line = find("#state");
      const box = find("#question textarea, #question input");
      if (!thread || !line || !box) return;
      clearInterval(waiting);
      followThread(thread);
      watchState(line);
      if (document.activeElement === document.body) box.focus();
    }, 50);
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();
