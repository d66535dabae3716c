/** "Start where I am": the position goes into the form, to about a kilometre. The page works without this file. */

const button = document.querySelector("[data-here]"), form = document.querySelector("#ask");
if (button && navigator.geolocation) {
  const failed = document.querySelector("[data-here-failed]");
  button.hidden = document.querySelector("[data-here-said]").hidden = false;
  button.addEventListener("click", () => {
    button.disabled = true;
    navigator.geolocation.getCurrentPosition(
      ({coords}) => {
        const asked = new FormData(form);
        asked.set("near", `${coords.latitude.toFixed(2)},${coords.longitude.toFixed(2)}`);
        for (const name of ["from", "place"]) asked.delete(name);
        location.assign(`?${new URLSearchParams(asked)}`);
      },
      () => {
        button.disabled = false;
        failed.hidden = false;
      },
      {timeout: 10_000, maximumAge: 300_000},
    );
  });
}
