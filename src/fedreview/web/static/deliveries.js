// How far something has come is asked for every two seconds, but by no tab that nobody looks at.
"use strict";

document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && event.target.matches(".fan-outs")) event.preventDefault();
});
