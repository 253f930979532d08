/** The other end of a program's `ask`: `works[message.do](message)` gives the answer. */
export function answerAsked(works) {
  process.on('message', async ({ ask, ...message }) => {
    try {
      process.send({ answerTo: ask, answer: await works[message.do](message) });
    } catch (error) {
      process.send({ answerTo: ask, error: error.stack });
    }
  });
  process.on('disconnect', () => process.exit(0));
}
