// Copying to the clipboard.

import { announce } from "./dom.js";

export async function copy(button, text) {
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

// True where it worked.
export function copyBySelection(text) {
  const area = document.createElement("textarea");
  area.value = text;
  area.style.cssText = "position:fixed;opacity:0";
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}
