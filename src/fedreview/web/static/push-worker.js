// Shows notices while no page is open. It keeps nothing, and asks nobody for anything.
"use strict";

self.addEventListener("push", (event) => {
  let told;
  try {
    told = event.data.json();
  } catch {
    told = { title: "Something new", line: "", url: "/studio", tag: "unknown" };
  }
  const shown = { body: told.line, tag: told.tag, data: { url: told.url }, icon: "/static/icon.svg" };
  event.waitUntil(self.registration.showNotification(told.title, shown));
});

// To the page that is open already, else to a new one; never away from this site.
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const target = new URL(event.notification.data.url, self.location.origin);
  if (target.origin !== self.location.origin) return;
  event.waitUntil(self.clients.openWindow(target.href));
});
