/** A request of htmx that came back broken, or not at all, is said in a toast; the words are the page's, translated. */

function say(words) {
  const toast = document.createElement("sq-toast");
  toast.className = "toast late";
  toast.setAttribute("role", "status");
  toast.setAttribute("seconds", "10");
  toast.dataset.trouble = "";
  toast.append(Object.assign(document.createElement("span"), { textContent: words }));
  document.querySelector("#toasts [data-trouble]")?.remove();
  document.getElementById("toasts")?.append(toast);
}

document.addEventListener("htmx:responseError", () => say(document.body.dataset.broken));
for (const lost of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(lost, () => say(document.body.dataset.cut));
}
