// Bun (uWebSockets inside): a stream is a topic. It keeps nothing, and drops what a slow socket's buffer cannot take.
const server = Bun.serve({
  hostname: '127.0.0.1',
  port: Number(process.argv[2]),
  fetch(request, server) {
    const stream = new URL(request.url).searchParams.get('stream');
    return server.upgrade(request, { data: { stream } }) ? undefined : new Response('a WebSocket, please', { status: 426 });
  },
  websocket: {
    perMessageDeflate: false,
    open(socket) {
      if (socket.data.stream !== null) socket.subscribe(socket.data.stream);
    },
    // A message to publish is "STREAM PAYLOAD".
    message(_, message) {
      const space = message.indexOf(' ');
      server.publish(message.slice(0, space), message.slice(space + 1));
    },
  },
});

for await (const _ of console) {
  Bun.gc(true);
  console.log('collected');
}
