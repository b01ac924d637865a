// Decides about waiting replies with single keys, without loading the page anew. The page works
// without this file: each key presses the button that stands there.
"use strict";

const queue = document.querySelector("[data-queue]");

if (queue) {
  const said = document.querySelector("[data-said]");
  const help = document.querySelector("[data-help]");
  const keysOn = help.querySelector("[data-keys-on]");
  const ACTS = { a: "approve", h: "hide", d: "delete", s: "spam", b: "block", t: "trust" };
  const DONE = {
    approve: "Approved", hide: "Hidden", delete: "Removed", spam: "Put with the spam",
    block: "Blocked", block_server: "Server blocked", trust: "Trusted and approved",
  };
  let under = 0;
  let chain = Promise.resolve();

  const items = () => [...queue.querySelectorAll(".held")];
  const current = () => document.activeElement.closest(".held");
  const say = (text) => { said.textContent = text; };

  const focus = (item) => {
    const target = item || queue.querySelector("[data-none]");
    if (target) target.focus();
  };

  const move = (by) => {
    const all = items();
    const at = all.indexOf(current());
    focus(all[at < 0 ? 0 : Math.min(Math.max(at + by, 0), all.length - 1)]);
  };

  // The page as the server has it now; focus and ticks stay where they were.
  const show = (page, first) => {
    const fresh = page.querySelector("[data-queue]");
    if (!fresh) {
      // Signed out meanwhile, or the server is in trouble: then it says so itself.
      location.reload();
      return;
    }
    const active = document.activeElement;
    const here = first || current()?.id;
    const at = items().indexOf(current());
    const inside = queue.contains(active) || active === document.body;
    const ticked = new Set([...queue.querySelectorAll("[name=pick]:checked")].map((box) => box.value));
    queue.replaceChildren(...fresh.childNodes);
    document.title = page.title;
    for (const box of queue.querySelectorAll("[name=pick]")) box.checked ||= ticked.has(box.value);
    if (inside) focus((here && document.getElementById(here)) || items()[Math.max(at, 0)] || items().at(-1));
    ready();
  };

  const failed = () => {
    say("That could not be done. The page is loaded anew.");
    location.reload();
  };

  // One after the other, in the order of the keys; only the last answer is shown.
  const send = (action, body, first = "") => {
    under += 1;
    chain = chain.then(async () => {
      const response = await fetch(action, { method: "POST", body: typeof body === "function" ? body() : body });
      if (!response.ok) throw new Error(response.status);
      const text = await response.text();
      const batch = new URL(response.url).searchParams.get("batch");
      if (batch) queue.dataset.batch = batch;
      under -= 1;
      if (under === 0) show(new DOMParser().parseFromString(text, "text/html"), first);
    }).catch(failed);
  };

  const decide = (button) => {
    const item = button.closest(".held");
    const form = button.form;
    const all = items();
    const next = all[all.indexOf(item) + 1] || all[all.indexOf(item) - 1];
    const body = new URLSearchParams({ one: button.value, after: form.elements.after.value });
    say(`${DONE[button.dataset.act]}: ${item.getAttribute("aria-label")}.`);
    item.parentElement.remove();
    focus(next);
    send(form.action, body);
  };

  const undo = () => {
    // Read when its turn has come: what is undone may still be on its way.
    const body = () => new URLSearchParams({ batch: queue.dataset.batch || "", return_to: location.pathname });
    if (!under && !queue.dataset.batch) {
      say("There is nothing to undo.");
      return;
    }
    say("Undone.");
    send("/studio/moderation/undo", body);
  };

  const press = (key) => {
    if (key === "j" || key === "ArrowDown") move(1);
    else if (key === "k" || key === "ArrowUp") move(-1);
    else if (key === "u") undo();
    else if (key === "?") help.showModal();
    else if (key === "x") current()?.querySelector("[name=pick]")?.click();
    else if (ACTS[key]) current()?.querySelector(`[data-act=${ACTS[key]}]`)?.click();
    else return false;
    return true;
  };

  const isTyping = (target) =>
    target.isContentEditable || target.matches("textarea, select, input:not([type=checkbox])");

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return;
    if (help.open || isTyping(event.target) || (!keysOn.checked && event.key !== "?")) return;
    if (press(event.key)) event.preventDefault();
  });

  queue.addEventListener("click", (event) => {
    const button = event.target.closest("[data-act]");
    if (button) {
      event.preventDefault();
      decide(button);
    } else if (event.target.closest("[data-keys]")) {
      help.showModal();
    } else if (event.target.closest("[data-choose-all]")) {
      event.preventDefault();
      const boxes = [...queue.querySelectorAll("[name=pick]")];
      const all = boxes.every((box) => box.checked);
      for (const box of boxes) box.checked = !all;
      say(all ? "Nothing is ticked." : `${boxes.length} are ticked.`);
    }
  });

  queue.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-undo]")) return;
    event.preventDefault();
    queue.dataset.batch = form.elements.batch.value;
    undo();
  });

  const ready = () => {
    for (const button of queue.querySelectorAll("[data-keys]")) button.hidden = false;
    const stroke = queue.querySelector("[data-undo]");
    if (stroke) queue.dataset.batch = stroke.elements.batch.value;
  };

  // Single keys get in the way of who speaks to their browser: they can be turned off.
  try {
    keysOn.checked = localStorage.getItem("keys") !== "off";
    keysOn.addEventListener("change", () => localStorage.setItem("keys", keysOn.checked ? "on" : "off"));
  } catch {
    // A browser that keeps nothing for us: then they are on each time.
  }
  ready();
}
