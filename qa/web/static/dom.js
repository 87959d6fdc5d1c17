// What every part of the page needs of the document. Elements are found when they are needed,
// because Gradio redraws what it owns.

export const find = (selector, root = document) => root.querySelector(selector);

// A document's own page, without a conversation.
export const alone = () => document.body.classList.contains("alone");

export const questionBox = () => find("#question textarea, #question input");

let announcer = null;

// Have a screen reader say it.
export function announce(text) {
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
