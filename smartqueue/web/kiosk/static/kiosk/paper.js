// The ticket on paper, 80 mm wide, by the browser's own printing.
import {estimate, people, word} from "./words.js";

const paper = document.getElementById("paper"), template = document.getElementById("paper-template");

export async function print(ticket) {
  const sheet = template.content.cloneNode(true);
  const fill = (place, text) => { sheet.querySelector(`.${place}`).textContent = text; };
  fill("org", `${document.body.dataset.organisation} · ${document.body.dataset.site}`);
  fill("service", ticket.service);
  fill("number", ticket.number);
  fill("when", `${word("paper_time")} ${ticket.date} ${ticket.time}`);
  fill("line", ticket.people_ahead == null ? word("wait_unknown")
    : [people("ahead", ticket.people_ahead), ...estimate(ticket)].join(" · "));
  fill("hint", word("scan"));
  fill("short", `${word("code")} ${spaced(ticket.code)}`);
  const image = sheet.querySelector(".qr");
  image.src = ticket.qr;
  paper.replaceChildren(sheet);
  await image.decode().catch(() => {});
  window.print();
}

export const spaced = (code) => code.replace(/(\d{4})(?=\d)/g, "$1 ");
