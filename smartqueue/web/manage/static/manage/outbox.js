/** New messages appear by themselves while somebody looks; the server answers 204 where nothing is new. */

const EVERY_MS = 4000;

setInterval(() => {
  const box = document.getElementById("outbox");
  if (document.hidden || !box || box.contains(document.activeElement)) return;
  htmx.trigger(box, "look");
}, EVERY_MS);
