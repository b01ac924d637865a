// Pictures of a review: dropped, pasted or chosen. The form works without this file.
"use strict";

const place = document.querySelector("[data-text-pictures]");
const text = document.getElementById(place.dataset.into);
const cover = document.getElementById("field-cover");
const form = text.form;
const says = place.querySelector("[role=status]");
const problem = place.querySelector("[role=alert]");
const bar = place.querySelector("progress");
const UNDESCRIBED = "Describe the picture";

for (const part of place.querySelectorAll(".with-script")) part.hidden = false;

const complain = (words) => {
  problem.textContent = words;
  problem.hidden = !words;
};

// fetch tells nothing of how far a body has got.
const send = (file) =>
  new Promise((resolve, reject) => {
    const body = new FormData();
    body.append("picture", file);
    const request = new XMLHttpRequest();
    request.open("POST", "/studio/pictures");
    request.setRequestHeader("Accept", "application/json");
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) bar.value = event.loaded / event.total;
    });
    request.addEventListener("load", () => {
      if (request.status === 201 && request.response) resolve(request.response);
      else if (request.response?.problem) reject(new Error(request.response.problem));
      else if (request.status === 401) reject(new Error("You are signed out. Sign in in another tab, then try again."));
      else reject(new Error("The picture could not be kept. Try again."));
    });
    request.addEventListener("error", () => reject(new Error("The site does not answer. Try again.")));
    request.send(body);
  });

// setRangeText fires no event, and the preview and the guard of the form wait for one.
const insert = (markdown) => {
  const { selectionStart: start, selectionEnd: end, value } = text;
  const before = start && !value.slice(0, start).endsWith("\n") ? "\n\n" : "";
  const after = value.slice(end).startsWith("\n") ? "" : "\n\n";
  text.setRangeText(before + markdown + after, start, end, "end");
  const words = start + before.length + 2;
  text.focus();
  text.setSelectionRange(words, words + UNDESCRIBED.length);
  text.dispatchEvent(new Event("input", { bubbles: true }));
};

const add = async (files) => {
  complain("");
  for (const file of files) {
    if (file.size > Number(place.dataset.most)) {
      complain(`The picture is too large. Choose one under ${place.dataset.limitText}.`);
      continue;
    }
    bar.value = 0;
    bar.hidden = false;
    says.textContent = "Sending the picture …";
    try {
      const kept = await send(file);
      insert(`![${UNDESCRIBED}](${kept.url})`);
      says.textContent = "Added. Type over the marked words what it shows.";
    } catch (error) {
      says.textContent = "";
      complain(error.message);
    }
    bar.hidden = true;
  }
};

const pictures = (transfer) => [...(transfer?.files ?? [])].filter((file) => file.type.startsWith("image/"));

text.addEventListener("paste", (event) => {
  const found = pictures(event.clipboardData);
  // A word processor offers its text as a picture, too: words go before.
  if (!found.length || event.clipboardData.types.includes("text/plain")) return;
  event.preventDefault();
  add(found);
});

const droppable = (element, take) => {
  element.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    element.classList.add("drop");
  });
  element.addEventListener("dragleave", () => element.classList.remove("drop"));
  element.addEventListener("drop", (event) => {
    element.classList.remove("drop");
    const found = pictures(event.dataTransfer);
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    if (found.length) take(found);
    else complain("That is no picture.");
  });
};

droppable(text, add);
droppable(cover.closest("details") ?? cover, (found) => {
  const chosen = new DataTransfer();
  chosen.items.add(found[0]);
  cover.files = chosen.files;
  cover.dispatchEvent(new Event("change", { bubbles: true }));
  cover.dispatchEvent(new Event("input", { bubbles: true }));
});

const chooser = place.querySelector("input[type=file]");
chooser.addEventListener("change", () => {
  add([...chooser.files]);
  chooser.value = "";
});

// A hint beside the buttons, not a barrier.
const hint = document.createElement("p");
hint.className = "hint undescribed";
hint.setAttribute("role", "status");
form.querySelector(".actions").before(hint);

const count = () => {
  const bare = [...text.value.matchAll(/!\[([^\]]*)\]\(\/media\//g)].filter(
    ([, words]) => !words.trim() || words === UNDESCRIBED,
  ).length;
  const alt = document.getElementById("field-cover_alt");
  const has_cover = cover.files.length > 0 || form.elements.cover_kept.value !== "";
  const number = bare + (has_cover && !alt.value.trim() ? 1 : 0);
  const words = number === 1 ? "1 picture has no description" : `${number} pictures have no description`;
  const said = number ? `${words} for readers who do not see it.` : "";
  if (hint.textContent !== said) hint.textContent = said;
};
form.addEventListener("input", count);
form.addEventListener("change", count);
count();
