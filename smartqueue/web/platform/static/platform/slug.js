/** While nobody has typed an address, it follows the name: small letters, digits, hyphens. */
const name = document.querySelector("[data-slug-of]"), slug = name && document.getElementById(name.dataset.slugOf);
let own = Boolean(slug?.value);

slug?.addEventListener("input", () => { own = Boolean(slug.value); });
name?.addEventListener("input", () => {
  if (own) return;
  slug.value = name.value.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase()
    .replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 50).replace(/-+$/, "");
});
