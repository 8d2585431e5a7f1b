// Socket.IO with connection state recovery: a stream is a room; who comes back within two minutes is given what the room was sent.
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { listenForCollect } from './collect.mjs';

const http = createServer();
const io = new Server(http, {
  transports: ['websocket'],
  perMessageDeflate: false,
  connectionStateRecovery: { maxDisconnectionDuration: 2 * 60 * 1000 },
});

io.on('connection', (socket) => {
  const { stream } = socket.handshake.query;
  if (stream === undefined)
    socket.on('publish', (to, payload) => io.to(to).emit('event', payload));
  else if (!socket.recovered)
    socket.join(stream);
});

http.listen(Number(process.argv[2]), '127.0.0.1', 4096);
listenForCollect(() => globalThis.gc());
