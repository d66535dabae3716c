// What must outlive a power cut: numbers not given out yet, and tickets that the server has not confirmed.
const NAME = "smartqueue-kiosk";

function opened() {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("blocks", {keyPath: "id"});
      asked.result.createObjectStore("pending", {keyPath: "key"});
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

const database = opened();

// One transaction; resolves when it is on the disk. `act(stores)` may keep its result in what it returns.
async function doing(mode, act) {
  const line = (await database).transaction(["blocks", "pending"], mode, {durability: "strict"});
  const kept = act({blocks: line.objectStore("blocks"), pending: line.objectStore("pending")});
  await new Promise((resolve, reject) => {
    line.oncomplete = resolve;
    line.onabort = line.onerror = () => reject(line.error);
  });
  return kept;
}

const listed = async (name) => (await doing("readonly", (stores) => stores[name].getAll())).result;

export const blocks = () => listed("blocks");
export const pending = async () => (await listed("pending")).sort((one, other) => one.at - other.at);
export const keep = (found) => doing("readwrite", (stores) => found.forEach((block) => stores.blocks.put(block)));
export const drop = (ids) => doing("readwrite", (stores) => ids.forEach((id) => stores.blocks.delete(id)));
export const settle = (keys) => doing("readwrite", (stores) => keys.forEach((key) => stores.pending.delete(key)));
export const amend = (wish) => doing("readwrite", (stores) => stores.pending.put(wish));

const isGood = (block, queue) => block.queue === queue && block.numbers.length && Date.parse(block.ends_at) > Date.now();

// Take the next number of a queue off its block and note the wish, both or neither. Null when there is none.
export async function reserve(queue, wish) {
  const taken = await doing("readwrite", (stores) => {
    const found = {};
    stores.blocks.getAll().onsuccess = ({target}) => {
      const block = target.result.filter((one) => isGood(one, queue))
        .sort((one, other) => one.numbers[0].sequence - other.numbers[0].sequence)[0];
      if (!block) return;
      found.number = block.numbers.shift();
      found.wish = {...wish, block: block.id, sequence: found.number.sequence, queue};
      stores.blocks.put(block);
      stores.pending.put(found.wish);
    };
    return found;
  });
  return taken.number ? taken : null;
}

// The server has refused the wish: nobody has the number, so the next person gets it.
export function putBack({wish, number}) {
  return doing("readwrite", (stores) => {
    stores.pending.delete(wish.key);
    stores.blocks.get(wish.block).onsuccess = ({target}) => {
      const block = target.result;
      if (block) stores.blocks.put({...block, numbers: [number, ...block.numbers]});
    };
  });
}

export async function left(queue) {
  return (await blocks()).filter((block) => isGood(block, queue)).reduce((sum, block) => sum + block.numbers.length, 0);
}
