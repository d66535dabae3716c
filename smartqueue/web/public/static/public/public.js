/** The button "nearest to me", and the worker that keeps the last ticket page. The pages work without this file. */

const button = document.querySelector("[data-near]");
if (button && navigator.geolocation) {
  const said = document.querySelector("[data-near-said]"), failed = document.querySelector("[data-near-failed]");
  button.hidden = said.hidden = false;
  button.addEventListener("click", () => {
    button.disabled = true;
    navigator.geolocation.getCurrentPosition(
      ({coords}) => {
        const to = new URL(location.pathname, location.href);
        // Two decimals are about a kilometre: near enough for a list, too far for a trace.
        to.searchParams.set("near", `${coords.latitude.toFixed(2)},${coords.longitude.toFixed(2)}`);
        location.assign(to);
      },
      () => {
        button.disabled = false;
        failed.hidden = false;
      },
      {timeout: 10_000, maximumAge: 300_000},
    );
  });
}

navigator.serviceWorker?.register("/sw.js");
