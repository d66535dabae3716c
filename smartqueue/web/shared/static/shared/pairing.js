/** The pairing page by itself: asks for a code, waits until somebody has typed it, asks for another when it expires. */
const page = document.querySelector("[data-pairing]"), form = page.querySelector("form");
const pollMs = 1000 * Number(page.dataset.poll), waitMs = 1000 * Number(page.dataset.wait);
const lost = page.querySelector("[data-lost]");

async function poll() {
  let status = 0;
  try {
    status = (await fetch(form.action, {cache: "no-store", signal: AbortSignal.timeout(pollMs)})).status;
  } catch { /* the network is away: the code stays on the screen */ }
  lost.hidden = status !== 0;
  if (status === 200) location.replace(page.dataset.home);
  else if (status === 410) form.submit();
  else setTimeout(poll, pollMs);
}

if ("waiting" in page.dataset) setTimeout(poll, pollMs);
else setTimeout(() => form.submit(), Math.max(waitMs, 500));
