// The bench asks for a full collection by a line on standard input, so that garbage is not counted as memory of a connection.
import { createInterface } from 'node:readline';

export function listenForCollect(collect) {
  createInterface({ input: process.stdin }).on('line', () => {
    collect();
    console.log('collected');
  });
}
