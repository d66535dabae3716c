// Tickets with the net and without it. The number is this kiosk's before anybody is asked, so an answer that is lost
// changes nothing: the number is on the paper, and it is issued under the same key, now or later. docs/decisions/0014
import * as store from "./store.js";

const PATIENCE_MS = 4000, PATIENCE_FOR_BLOCKS_MS = 20_000, MOST_AT_ONCE = 25;
const busy = new Set();  // keys whose answer is still awaited: not to be brought as paper meanwhile

export class Refused extends Error {
  constructor(status, answer) {
    super(answer.title ?? "");
    Object.assign(this, {status, code: answer.code ?? "", errors: answer.errors ?? {}});
  }
}

export class Gone extends Error {}

// The JSON of an answer. Refused: the server said no. Gone: no answer, or none that says whether it was done.
export async function ask(path, body, headers = {}, patience = PATIENCE_MS) {
  let answer;
  try {
    answer = await fetch(path, {
      method: "POST", cache: "no-store", signal: AbortSignal.timeout(patience),
      headers: {"Content-Type": "application/json", ...headers}, body: JSON.stringify(body),
    });
    const said = await answer.json();
    if (answer.ok) return said;
    if (answer.status < 500 && answer.status !== 429) throw new Refused(answer.status, said);
  } catch (error) {
    if (error instanceof Refused) throw error;
  }
  throw new Gone(path);
}

// Give a ticket of a queue. Resolves to {ticket, offline}, or null when no number is left. Rejects with Refused.
export async function take({queue, language, phone}, again = true) {
  const wish = {key: crypto.randomUUID(), at: Date.now(), arrived_at: new Date().toISOString(), language, phone};
  busy.add(wish.key);
  try {
    return await give(await store.reserve(queue, wish), {queue, language, phone}, again);
  } finally {
    busy.delete(wish.key);
  }
}

async function give(reserved, {queue, language, phone}, again) {
  if (!reserved) return null;
  const {wish: noted, number} = reserved;
  try {
    const {block, sequence, key} = noted;
    const ticket = await ask("/kiosk/tickets/", {block, sequence, language, phone}, {"Idempotency-Key": key});
    await store.settle([key]);
    return {ticket, offline: false};
  } catch (error) {
    if (!(error instanceof Refused)) return {ticket: {...number, people_ahead: null, wait_range: null}, offline: true};
    if (error.code !== "number_not_leased") {
      await store.putBack(reserved);
      throw error;
    }
    await store.settle([noted.key]);  // somebody has taken the block back
    await store.drop([noted.block]);
    await stock();
    if (again) return take({queue, language, phone}, false);
    return null;
  }
}

// Bring what the server does not know, oldest first. Resolves when nothing is left; rejects with Gone.
let bringing = null;
export function sync() {
  bringing ??= bring().finally(() => { bringing = null; });
  return bringing;
}

async function bring() {
  for (let round = 0; round < 100; round++) {
    const waiting = (await store.pending()).filter((wish) => !busy.has(wish.key)).slice(0, MOST_AT_ONCE);
    if (!waiting.length) return;
    const tickets = waiting.map(({key, block, sequence, arrived_at, language, phone}) =>
      ({key, block, sequence, arrived_at, language, phone}));
    const {tickets: settled} = await ask("/kiosk/sync/", {tickets});
    await store.settle(settled.map(({key}) => key));
    if (!settled.length) return;
  }
}

// Fresh numbers where they run low; blocks whose day is over are forgotten once their tickets are known.
let stocking = null;
export function stock() {
  stocking ??= restock().finally(() => { stocking = null; });
  return stocking;
}

async function restock() {
  const unsynced = new Set((await store.pending()).map(({block}) => block));
  const over = (await store.blocks()).filter((one) => Date.parse(one.ends_at) <= Date.now() && !unsynced.has(one.id));
  await store.drop(over.map(({id}) => id));
  for (let round = 0, more = true; more && round < 100; round++) {
    const have = [...new Set([...(await store.blocks()).map(({id}) => id), ...unsynced])];
    const answer = await ask("/kiosk/blocks/", {have}, {}, PATIENCE_FOR_BLOCKS_MS);
    await store.drop((await store.blocks()).filter(({id}) => !answer.open.includes(id)).map(({id}) => id));
    await store.keep(answer.blocks);
    more = answer.more;
  }
}
