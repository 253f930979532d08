/** Does `work(0)` to `work(count - 1)`, `width` at a time, each worker taking the next number. */
export async function inFlight(count, width, work) {
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const number = next;
      next += 1;
      await work(number);
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
}
