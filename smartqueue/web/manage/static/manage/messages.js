/** A place is inserted where the writer last was; the first tab with a mistake is opened. */

let last = null;
const fields = () => [...document.querySelectorAll("[data-tab] :is(input[type=text], textarea)")].filter((field) => field.offsetParent);

document.addEventListener("focusin", ({target}) => {
  if (target.matches("[data-tab] :is(input[type=text], textarea)")) last = target;
});

for (const button of document.querySelectorAll("[data-insert]")) {
  button.addEventListener("click", () => {
    const seen = fields(), field = seen.includes(last) ? last : seen.at(-1);
    if (!field) return;
    field.setRangeText(button.dataset.insert, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", {bubbles: true}));
    field.dispatchEvent(new Event("change", {bubbles: true}));
    field.focus();
  });
}

customElements.whenDefined("sq-tabs").then(() => {
  const wrong = document.querySelector("[data-tab]:has(.error)");
  if (wrong) document.getElementById(`${wrong.id}-tab`)?.click();
});
