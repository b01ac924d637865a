// The button that lets this browser show notices. Without this file the section only explains.
"use strict";

const section = document.querySelector("[data-push-key]");
const offer = section.querySelector("[data-push-offer]");
const said = section.querySelector("[data-push-said]");
const say = (words) => {
  said.textContent = words;
};

const bytes = (text) => {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (character) => character.charCodeAt(0));
};

const subscribe = async () => {
  const permission = await Notification.requestPermission();
  if (permission !== "granted") {
    say("This browser was not allowed to show notices. You can change that beside its address bar.");
    return;
  }
  const registration = await navigator.serviceWorker.register("/push-worker.js", { scope: "/studio/" });
  say("The browser is asking its service for an address.");
  await new Promise((resolve) => {
    const worker = registration.active ?? registration.waiting ?? registration.installing;
    if (worker.state === "activated") resolve();
    worker.addEventListener("statechange", () => worker.state === "activated" && resolve());
  });
  const subscription = await registration.pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: bytes(section.dataset.pushKey),
  });
  const { endpoint, keys } = subscription.toJSON();
  const answer = await fetch("/studio/push", {
    method: "POST",
    body: new URLSearchParams({ endpoint, p256dh: keys.p256dh, auth: keys.auth }),
  });
  if (answer.ok) {
    window.location.assign(`/studio/settings?done=push_added&at=${Date.now()}#push`);
  } else {
    say((await answer.text()).slice(0, 200));
  }
};

if ("serviceWorker" in navigator && "PushManager" in window && "Notification" in window) {
  offer.hidden = false;
  say("");
  offer.querySelector("button").addEventListener("click", () => {
    subscribe().catch((error) => say(`This browser could not get an address from its service: ${error.message}`));
  });
}
