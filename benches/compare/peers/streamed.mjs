// Streams the request: JSON by hand, and the base64 of chunks that are cut to a multiple of three bytes.

import { createReadStream } from "node:fs";
import { once } from "node:events";

const write = async (text) => {
  if (!process.stdout.write(text, "latin1")) await once(process.stdout, "drain");
};

await write(
  '{"model":"system.ai.gemini-3-1-pro","messages":[{"role":"user","content":' +
    '[{"type":"video_url","video_url":{"url":"data:video/mp4;base64,',
);
let rest = Buffer.alloc(0);
for await (let chunk of createReadStream(process.argv[2], { highWaterMark: 768 * 1024 })) {
  if (rest.length > 0) chunk = Buffer.concat([rest, chunk]);
  const whole = chunk.length - (chunk.length % 3);
  rest = chunk.subarray(whole);
  await write(chunk.toString("base64", 0, whole));
}
await write(rest.toString("base64") + '"}}]}]}');
