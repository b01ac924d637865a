// Keeps what is typed on the writing page. The page works without this file.
"use strict";

const PAUSE = 2000;
const writing = document.querySelector("form[data-autosave]");

if (writing && writing.elements.form) {
  const status = writing.querySelector("[data-status]");
  const warning = document.getElementById("other-tab");
  const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
  let timer = 0;
  let typed = writing.hasAttribute("data-unsaved");
  let leaving = false;
  let stopped = false;
  let under = null;

  const time = (text) => clock.format(new Date(text));

  const say = (text, link) => {
    status.textContent = text;
    if (link) {
      const anchor = document.createElement("a");
      Object.assign(anchor, { href: link, target: "_blank", rel: "noopener", textContent: "Sign in" });
      status.append(" ", anchor);
    }
  };

  // Without the picture: it is kept when the form is sent.
  const fields = () => {
    const form = new FormData(writing);
    for (const [name, value] of [...form]) if (typeof value !== "string") form.delete(name);
    return form;
  };

  const warn = (answer) => {
    stopped = true;
    warning.querySelector("[data-time]").textContent = time(answer.saved_at);
    warning.hidden = false;
    say("Not saved here");
  };

  const kept = (answer) => {
    writing.elements.seen.value = answer.saved_at;
    if (typed) return;
    // Nothing would be lost any more, so leaving asks nothing; a chosen picture would be.
    const picture = writing.querySelector("input[type=file]");
    if (!(picture && picture.files.length)) edited.delete(writing);
    say(`Saved ${time(answer.saved_at)}`);
  };

  const save = async (more = {}) => {
    clearTimeout(timer);
    if (leaving || under || (stopped && !more.anyway)) return;
    typed = false;
    const body = fields();
    for (const [name, value] of Object.entries(more)) body.set(name, value);
    under = new AbortController();
    try {
      const response = await fetch(writing.dataset.autosave, { method: "POST", body, signal: under.signal });
      if (response.status === 401) {
        typed = true;
        say("You are signed out, so this is not saved. Sign in in another tab and go on here.", "/login");
      } else {
        const answer = await response.json();
        if (response.ok) {
          if (more.anyway) writing.elements.base.value = answer.base;
          kept(answer);
        } else if (response.status === 409) {
          typed = true;
          warn(answer);
        } else {
          typed = true;
          say(answer.problem || "Not saved yet");
        }
      }
    } catch {
      typed = true;
      if (!leaving) {
        say("Offline: not saved yet");
        timer = setTimeout(save, 5 * PAUSE);
      }
    } finally {
      under = null;
      // What was typed while it was on its way.
      if (typed && status.textContent.startsWith("Saved")) timer = setTimeout(save, PAUSE);
    }
  };

  const soon = () => {
    typed = true;
    clearTimeout(timer);
    timer = setTimeout(save, PAUSE);
  };

  writing.addEventListener("input", soon);
  writing.addEventListener("change", soon);
  if (typed) soon();

  writing.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    leaving = true;
    clearTimeout(timer);
    if (under) under.abort();
  });

  // Of a page that is closed only this arrives. It takes 64 KB; more has been sent at the pause.
  const parting = () => {
    if (typed && !leaving && !stopped) navigator.sendBeacon(writing.dataset.autosave, fields());
  };
  window.addEventListener("pagehide", parting);
  window.addEventListener("online", () => typed && save());
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) leaving = false;
  });

  warning.querySelector("[data-reload]").addEventListener("click", () => {
    leaving = true;
    edited.delete(writing);
    location.reload();
  });
  warning.querySelector("[data-go-on]").addEventListener("click", () => {
    stopped = false;
    warning.hidden = true;
    save({ anyway: "yes" });
  });
}
