// Makes the request all in memory.

import { readFileSync, writeSync } from "node:fs";

const data = readFileSync(process.argv[2]).toString("base64");
const part = { type: "video_url", video_url: { url: `data:video/mp4;base64,${data}` } };
const request = { model: "system.ai.gemini-3-1-pro", messages: [{ role: "user", content: [part] }] };
const body = Buffer.from(JSON.stringify(request));
for (let at = 0; at < body.length; ) at += writeSync(1, body, at);
