// The last message of a chat is the one to read.
const toLast = () => {
  const chat = document.querySelector(".chat");
  if (chat) chat.scrollTop = chat.scrollHeight;
};
document.addEventListener("htmx:afterSettle", toLast);
toLast();
