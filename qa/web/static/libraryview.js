// The library view, and what the server said with it.

export const view = () => document.querySelector("#library .library-view");

export const read = (name) => view()?.dataset[name] ?? "";

export const readTexts = () => JSON.parse(read("texts"));

// An element with its class and text; text is never taken for HTML.
export function make(tag, className = "", text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}

// Where the focus goes when what had it is gone: the line above the list.
export function focusList() {
  const count = view()?.querySelector(".library-list .count");
  if (!count) return;
  count.tabIndex = -1;
  count.focus({ preventScroll: true });
}
