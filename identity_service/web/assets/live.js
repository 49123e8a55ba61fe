// Live state: <div data-live="/path/of/fragment" data-every="2000"> is replaced by the fragment as long as that asks for more.
// With data-at-once it is asked for as soon as the page is there.
//
// A fragment with data-reload asks for the whole page anew, unless something in it is at work ([data-at-work]).
// The fragment is HTML of our own. When nothing has changed, nothing is touched, so that focus and a screen reader stay where they are.

import { say } from "./words.js";

async function refresh(place) {
  const answer = await fetch(place.dataset.live, { headers: { Accept: "text/html" }, credentials: "same-origin" });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-live]");
  if (!fresh) return;
  if (fresh.dataset.reload === "true" && !document.querySelector("[data-at-work]")) window.location.reload();
  else if (fresh.dataset.version !== place.dataset.version) {
    place.replaceChildren(...fresh.childNodes);
    place.dataset.version = fresh.dataset.version;
  }
  if (fresh.dataset.every) place.dataset.every = fresh.dataset.every;
  else delete place.dataset.every;
}

function follow(place) {
  const every = Number(place.dataset.every);
  if (!every) return;
  setTimeout(async () => {
    if (!document.hidden) await refresh(place).catch(() => {});
    follow(place);
  }, every);
}

document.querySelectorAll("[data-live]").forEach(async (place) => {
  if ("atOnce" in place.dataset) await refresh(place).catch(() => {});
  follow(place);
});

// Copy buttons: <button data-copy="#field">
document.querySelectorAll("[data-copy]").forEach((button) => {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.querySelector(button.dataset.copy).value);
    button.textContent = say("Copied");
  });
});
