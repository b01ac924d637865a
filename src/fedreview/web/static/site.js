// Small comforts. Every page works without this file.
"use strict";

// The server writes dates in UTC; the reader has a zone, and customs within the page's language.
const spoken = (tag) => tag.split("-")[0];
const page = document.documentElement.lang;
const languages = [...navigator.languages.filter((tag) => spoken(tag) === spoken(page)), page];

for (const time of document.querySelectorAll("time[datetime]")) {
  const instant = new Date(time.dateTime);
  if (Number.isNaN(instant.valueOf())) continue;
  const exact = time.closest(".with-time") !== null;
  const format = new Intl.DateTimeFormat(
    languages,
    exact ? { dateStyle: "medium", timeStyle: "short" } : { dateStyle: "long" },
  );
  time.textContent = format.format(instant);
  time.lang = format.resolvedOptions().locale;
  time.title = instant.toLocaleString(languages, { dateStyle: "full", timeStyle: "long" });
}

const edited = new Set(document.querySelectorAll("form[data-unsaved]"));

document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-guard]");
  if (form) edited.add(form);
});

// Too large a picture is refused anyway: say so before it has travelled.
const tooLarge = (field) => field.files.length > 0 && field.files[0].size > Number(field.dataset.limit);

document.addEventListener("change", (event) => {
  const field = event.target;
  if (!field.matches("[data-limit]")) return;
  field.setAttribute("aria-invalid", String(tooLarge(field)));
  document.getElementById(`limit-${field.name}`).hidden = !tooLarge(field);
});

// Sending one form must not hide that another one would be lost.
document.addEventListener("submit", (event) => {
  const field = event.target.querySelector("[data-limit]");
  if (field && tooLarge(field)) {
    event.preventDefault();
    field.focus();
  } else {
    edited.delete(event.target);
  }
});

window.addEventListener("beforeunload", (event) => {
  if (edited.size) event.preventDefault();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
  const form = event.target.closest("form[data-quick]");
  if (form) form.requestSubmit();
});

// As on many sites: a slash leads to the search, unless it is being typed into something.
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.isContentEditable || event.target.matches("input, textarea, select")) return;
  const field = document.getElementById("search-q");
  const link = document.querySelector('.site-head a[href="/search"]');
  if (!field && !link) return;
  event.preventDefault();
  if (field) field.focus();
  else link.click();
});

document.addEventListener("focusin", (event) => {
  if (event.target.matches("input[readonly]")) event.target.select();
});

// The handle that somebody follows or replies with stays in their own browser, and nowhere else.
for (const form of document.querySelectorAll("form[data-remember]")) {
  const field = form.elements[form.dataset.remember];
  try {
    field.value ||= localStorage.getItem("handle") ?? "";
    form.addEventListener("submit", () => localStorage.setItem("handle", field.value.trim()));
  } catch {
    // A browser that keeps nothing for us: then it is typed each time.
  }
}
