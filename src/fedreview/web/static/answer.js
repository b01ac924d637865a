// Lists whom an answer can name while an @ is typed, and how much room is left. Forms work without.
"use strict";

const ROOM_IS_SHORT = 500;
const MOST_SHOWN = 8;
const NAME_BEFORE_CARET = /(?:^|[\s("“'[])@([\w.@:-]*)$/;

const filled = (text, number) => text.replace("{}", number.toLocaleString(document.documentElement.lang));

const told = (field) => {
  const line = document.createElement("p");
  line.className = "room";
  line.setAttribute("role", "status");
  field.after(line);
  return line;
};

const counts = (field) => {
  const line = told(field);
  const most = Number(field.dataset.most);
  const count = () => {
    // As the server counts: whole characters, and a line's end is one.
    const left = most - [...field.value.trim()].length;
    line.classList.toggle("over", left < 0);
    if (left < 0) line.textContent = filled(field.dataset.over, -left);
    else line.textContent = left < ROOM_IS_SHORT ? filled(field.dataset.left, left) : "";
  };
  field.addEventListener("input", count);
  count();
};

const people = new Map();

const peopleOf = (field) => {
  const address = field.dataset.people;
  if (!people.has(address)) {
    const answer = fetch(address, { headers: { Accept: "application/json" } }).then((response) =>
      response.ok ? response.json() : [],
    );
    // Who is offline types the name whole, and the next @ asks again.
    answer.catch(() => people.delete(address));
    people.set(address, answer);
  }
  return people.get(address);
};

const matches = (person, typed) => {
  const words = [person.handle.slice(1), ...person.name.split(/\s+/)];
  return words.some((word) => word.toLowerCase().startsWith(typed.toLowerCase()));
};

const completes = (field) => {
  const list = document.createElement("ul");
  list.id = `people-${field.id}`;
  list.className = "people-list";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", field.dataset.list);
  field.after(list);
  const status = told(list);
  status.classList.add("visually-hidden");
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", list.id);
  let chosen = 0;

  const close = () => {
    list.hidden = true;
    list.replaceChildren();
    status.textContent = "";
    field.removeAttribute("aria-activedescendant");
  };

  const mark = (index) => {
    const options = [...list.children];
    chosen = (index + options.length) % options.length;
    options.forEach((option, place) => option.setAttribute("aria-selected", String(place === chosen)));
    options[chosen].scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-activedescendant", options[chosen].id);
  };

  const take = (option) => {
    const end = field.selectionStart;
    const typed = field.value.slice(0, end).match(NAME_BEFORE_CARET);
    if (typed) {
      field.setRangeText(`${option.dataset.handle} `, end - typed[1].length - 1, end, "end");
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    close();
    field.focus();
  };

  const shown = (person, index) => {
    const option = document.createElement("li");
    const [name, handle] = [document.createElement("bdi"), document.createElement("bdi")];
    option.id = `${list.id}-${index}`;
    option.dataset.handle = person.handle;
    option.setAttribute("role", "option");
    name.textContent = person.name;
    handle.textContent = person.handle;
    handle.className = "handle";
    option.append(name, " ", handle);
    return option;
  };

  const suggest = async () => {
    const typed = field.value.slice(0, field.selectionStart).match(NAME_BEFORE_CARET);
    if (!typed) return close();
    let known = [];
    try {
      known = await peopleOf(field);
    } catch {
      return close();
    }
    // What was typed meanwhile counts.
    const now = field.value.slice(0, field.selectionStart).match(NAME_BEFORE_CARET);
    const found = now ? known.filter((person) => matches(person, now[1])).slice(0, MOST_SHOWN) : [];
    if (!found.length) return close();
    list.replaceChildren(...found.map(shown));
    list.hidden = false;
    status.textContent = filled(field.dataset.found, found.length);
    mark(0);
  };

  field.addEventListener("input", suggest);
  field.addEventListener("blur", close);
  field.addEventListener("keydown", (event) => {
    if (list.hidden || event.isComposing || event.ctrlKey || event.metaKey) return;
    if (event.key === "ArrowDown") mark(chosen + 1);
    else if (event.key === "ArrowUp") mark(chosen - 1);
    else if (event.key === "Enter" || event.key === "Tab") take(list.children[chosen]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  });
  // Before the field loses its focus.
  list.addEventListener("mousedown", (event) => {
    const option = event.target.closest("[role=option]");
    event.preventDefault();
    if (option) take(option);
  });
};

for (const field of document.querySelectorAll("textarea[data-most]")) {
  counts(field);
  if (field.dataset.people) completes(field);
}
