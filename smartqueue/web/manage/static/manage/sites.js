/** The button that writes one's own position into the field of the point. Without this file the field is typed. */

const button = document.querySelector("[data-here]"), field = document.querySelector("[data-point]");
if (button && field && navigator.geolocation) {
  const failed = document.querySelector("[data-here-failed]");
  button.hidden = false;
  button.addEventListener("click", () => {
    button.disabled = true;
    navigator.geolocation.getCurrentPosition(
      ({coords}) => {
        field.value = `${coords.latitude.toFixed(5)}, ${coords.longitude.toFixed(5)}`;  // about a metre
        field.dispatchEvent(new Event("change", {bubbles: true}));
        button.disabled = false;
        failed.hidden = true;
        field.focus();
      },
      () => { button.disabled = false; failed.hidden = false; },
      {enableHighAccuracy: true, timeout: 15_000},
    );
  });
}
