// ws: rooms in a Map, every message sent to every socket of its stream. It keeps nothing: who is away misses it.
import { WebSocketServer } from 'ws';
import { listenForCollect } from './collect.mjs';

const streams = new Map();
const server = new WebSocketServer({ host: '127.0.0.1', port: Number(process.argv[2]), perMessageDeflate: false });

server.on('connection', (socket, request) => {
  const stream = new URL(request.url, 'http://localhost').searchParams.get('stream');
  socket.on('error', () => socket.terminate());
  if (stream === null) {
    socket.on('message', publish);
    return;
  }

  if (!streams.has(stream)) streams.set(stream, new Set());
  const members = streams.get(stream);
  members.add(socket);
  socket.on('close', () => members.delete(socket));
});

// A message to publish is "STREAM PAYLOAD".
function publish(message) {
  const space = message.indexOf(0x20);
  const payload = message.subarray(space + 1);
  for (const socket of streams.get(message.toString('latin1', 0, space)) ?? [])
    socket.send(payload, { binary: false });
}

listenForCollect(() => globalThis.gc());
