// The filters of questions and searches: one choice for both. The place is remembered by this
// browser, since an operator answers for one; the others last as long as the page.

import { find } from "./dom.js";

const KEPT = "policy-qa-region";

let chosen = readKept();
let drawn = 0; // the newest drawing; an older one that arrives late is dropped

function readKept() {
  try {
    const region = localStorage.getItem(KEPT);
    return region ? { region } : {};
  } catch {
    return {}; // storage may be forbidden
  }
}

function keep() {
  try {
    if (chosen.region) localStorage.setItem(KEPT, chosen.region);
    else localStorage.removeItem(KEPT);
  } catch {
    // then it is not remembered
  }
}

// What is sent with a question or a search.
export const circumstances = () => JSON.stringify(chosen);

// Choose exactly these; a link and a past question bring their own.
export async function choose(values) {
  chosen = values;
  await drawFilters();
}

export async function drawFilters() {
  // The examples were tried without filters: under others they may find nothing.
  document.body.classList.toggle("filtered", Object.keys(chosen).length > 0);
  const ticket = ++drawn;
  const places = [...document.querySelectorAll(".filters-place")];
  const query = new URLSearchParams(chosen);
  await Promise.all(
    places.map(async (place) => {
      query.set("place", place.dataset.place);
      const response = await fetch(`filters?${query}`).catch(() => null);
      if (response?.status !== 200 || ticket !== drawn) return;
      const open = find(".filter-form", place)?.hidden === false;
      const focused = place.contains(document.activeElement) ? document.activeElement.name : null;
      place.innerHTML = await response.text(); // escaped by the server
      if (open) unfold(place, true);
      if (focused) find(`[name="${focused}"]`, place)?.focus();
    }),
  );
}

function unfold(place, open) {
  find(".filter-form", place).hidden = !open;
  find(".filter-toggle", place).setAttribute("aria-expanded", String(open));
}

function change(values) {
  chosen = Object.fromEntries(Object.entries({ ...chosen, ...values }).filter(([, value]) => value));
  if ("region" in values) keep(); // that of a link or a past question is not one's own
  return drawFilters();
}

export function beginFilters() {
  document.addEventListener("change", (event) => {
    const form = event.target.closest?.(".filter-form");
    if (form && event.target.name) change({ [event.target.name]: event.target.value.trim() });
  });
  // Enter in a field chooses it; the form itself goes nowhere.
  document.addEventListener("submit", (event) => {
    if (event.target.matches(".filter-form")) event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.(".filters-place button");
    if (!button) return;
    const place = button.closest(".filters-place");
    if (button.matches(".filter-toggle")) {
      unfold(place, find(".filter-form", place).hidden);
      return;
    }
    if (button.dataset.remove) change({ [button.dataset.remove]: "" });
    else if ("clear" in button.dataset) {
      chosen = {};
      change({ region: "" });
    } else return;
    find(".filter-toggle", place)?.focus();
  });
  // A view that has not been opened yet has no place for them.
  document.addEventListener("click", (event) => {
    if (event.target.closest?.('[role="tab"]')) setTimeout(drawFilters, 100);
  });
}
