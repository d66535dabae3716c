// Notes when each sound of the page begins and ends, on the audio clock: { start, end } in seconds; end null while it sounds.
window.played = [];
const begin = AudioBufferSourceNode.prototype.start;
AudioBufferSourceNode.prototype.start = function (when = 0, offset = 0, length = undefined) {
  const note = {start: Math.max(when, this.context.currentTime), end: null, length: length ?? this.buffer.duration};
  window.played.push(note);
  this.addEventListener("ended", () => { note.end = this.context.currentTime; });
  return begin.call(this, when, offset, length);
};
