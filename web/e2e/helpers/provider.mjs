// A provider that answers every message with the same short stream.
import { once } from "node:events";
import http from "node:http";

const EVENTS = [
  [
    "message_start",
    {
      message: {
        id: "msg_1",
        type: "message",
        role: "assistant",
        model: "claude-sonnet-4-5",
        content: [],
        usage: { input_tokens: 12, output_tokens: 1 },
      },
    },
  ],
  ["content_block_start", { index: 0, content_block: { type: "text", text: "" } }],
  ["content_block_delta", { index: 0, delta: { type: "text_delta", text: "Hello." } }],
  ["content_block_stop", { index: 0 }],
  ["message_delta", { delta: { stop_reason: "end_turn" }, usage: { output_tokens: 3 } }],
  ["message_stop", {}],
];

function stream(response) {
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (const [type, rest] of EVENTS) {
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`);
  }
  response.end();
}

export async function startProvider() {
  const server = http.createServer((request, response) => {
    request.resume();
    request.on("end", () => stream(response));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
