/** One key, one button: whatever carries `data-key` and can be pressed. Never inside a field, never over a dialog. */

const FIELDS = "input, select, textarea, [contenteditable]";
const PRESSED = "button, a[href], summary, [role=button]";

function press(key) {
  const button = document.querySelector(`[data-key="${CSS.escape(key)}"]:not(:disabled)`);
  button?.click();
  return Boolean(button);
}

function undo() {
  const forms = document.querySelectorAll("[data-undo]");
  forms[forms.length - 1]?.requestSubmit();
  return forms.length > 0;
}

/** Whether the key was ours. */
function take(event) {
  const {key, target} = event;
  if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey) return key === "z" && undo();
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  if (key === "F2") return press(" ");
  if (key === "/") {
    document.getElementById("search")?.select();
    return Boolean(document.getElementById("search"));
  }
  if (key === " " || key === "Enter") {
    const focused = target.closest(PRESSED);
    if (focused && key === " " && focused.matches("[role=button]")) return focused.click() ?? true;
    if (focused) return false;
  }
  return press(key.length === 1 ? key.toLowerCase() : key);
}

function leaveSearch(event) {
  const search = document.getElementById("search");
  if (event.key !== "Escape" || event.target !== search) return;
  event.preventDefault();
  search.value = "";
  search.dispatchEvent(new Event("input", {bubbles: true}));
  document.getElementById("now")?.focus();
}

export function listen() {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
    if (event.target.closest(FIELDS)) return leaveSearch(event);
    if (event.repeat) return event.key === " " && event.preventDefault();
    if (take(event)) event.preventDefault();
  });
}
