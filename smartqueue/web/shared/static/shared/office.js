/** The back office without a page of its own: a sidebar that folds, rows that are ticked, forms that know they were changed. */

const fold = document.getElementById("fold");
fold?.addEventListener("click", () => {
  const narrow = document.body.classList.toggle("narrow-side");
  fold.setAttribute("aria-pressed", narrow);
  document.cookie = `sq_side=${narrow ? "narrow" : ""}; path=/; max-age=31536000; samesite=lax`;
});

const bulk = document.getElementById("bulk");
if (bulk) {
  const told = bulk.querySelector("[data-ticked]"), rows = [...document.querySelectorAll("input[name=row]")];
  const tell = () => {
    const ticked = rows.filter(({checked}) => checked).length;
    for (const deed of bulk.querySelectorAll("[data-bulk]")) deed.disabled = !ticked;
    told.textContent = ticked ? told.dataset.ticked.replace("{n}", ticked) : "";
  };
  document.addEventListener("change", ({target}) => {
    if (target.matches("[data-all]")) for (const row of rows) row.checked = target.checked;
    if (target.matches("[data-all], input[name=row]")) tell();
  });
  tell();
}

let changed = false;
for (const form of document.querySelectorAll("form.form")) {
  form.addEventListener("change", () => { changed = true; });
  form.addEventListener("submit", () => { changed = false; });
}
addEventListener("beforeunload", (event) => changed && event.preventDefault());
