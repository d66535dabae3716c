/** Appearance while it is chosen: the sample takes the colour and says whether words can be read on it. The server judges again. */

const sample = document.getElementById("sample"), typed = document.getElementById("id_colour"), picker = document.getElementById("picker");
const said = sample.querySelector("[data-said]"), {ours, ink, white, good, bad, none} = sample.dataset;
const logo = sample.querySelector("[data-logo]"), name = sample.querySelector("[data-name]");
const file = document.getElementById("id_logo"), bare = document.getElementById("id_no_logo"), kept = logo.getAttribute("src");

/** `#rrggbb` in small letters, or null. */
function plain(words) {
  const digits = /^#([0-9a-f]{3}|[0-9a-f]{6})$/.exec(words.trim().toLowerCase())?.[1];
  return digits ? `#${digits.length === 6 ? digits : [...digits].map((digit) => digit + digit).join("")}` : null;
}

/** WCAG 2.2, relative luminance: as in kernel/colours.py. */
function luminance(colour) {
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one, other) {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

function show() {
  const colour = typed.value.trim() ? plain(typed.value) : ours;
  said.classList.toggle("bad", !colour);
  if (!colour) { said.textContent = none; return; }
  const words = contrast(colour, white) >= 4.5 ? white : ink, ratio = contrast(colour, words);
  for (const [key, value] of [["--brand", colour], ["--brand-ink", words]]) sample.style.setProperty(key, value);
  said.classList.toggle("bad", ratio < 4.5);
  said.textContent = ratio < 4.5 ? bad : good.replace("{n}", ratio.toFixed(1));
  picker.value = colour;
}

function picture() {
  const chosen = file.files[0];
  if (chosen && !bare.checked) {
    const reader = new FileReader();
    reader.addEventListener("load", () => { logo.src = reader.result; logo.hidden = false; name.hidden = true; });
    reader.readAsDataURL(chosen);
  } else {
    if (kept) logo.src = kept;
    logo.hidden = bare.checked || !kept; name.hidden = !logo.hidden;
  }
}

sample.closest("form").querySelector("[data-picker]").hidden = false;
typed.addEventListener("input", show);
picker.addEventListener("input", () => { typed.value = picker.value; show(); });
for (const input of [file, bare]) input.addEventListener("change", picture);
show();
