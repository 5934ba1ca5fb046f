// A server that decodes request bodies as their `Content-Encoding` says, and responds with the SHA-256 of the result.
// It prints its port, or nothing if this version of Node cannot decode zstd, and runs until its standard input ends.
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { pipeline } from "node:stream";
import * as zlib from "node:zlib";

function handle(request, response) {
  const respond = (status, text) => response.writeHead(status).end(text);
  const coding = request.headers["content-encoding"];
  if (![undefined, "zstd"].includes(coding)) return respond(415);
  const hash = createHash("sha256");
  const decoder = coding ? [zlib.createZstdDecompress()] : [];
  pipeline(request, ...decoder, hash, (error) =>
    error ? respond(400, error.message) : respond(200, hash.digest("hex")),
  );
}

if (zlib.createZstdDecompress) {
  const server = createServer(handle);
  server.listen(0, "127.0.0.1", () => console.log(server.address().port));
  process.stdin.resume().on("end", () => process.exit());
}
