"""Runs a command with an MLflow AI Gateway on loopback: gateway.py [--auth] FOLDER COMMAND ...

The gateway has one endpoint, `clips`. Its provider runs in this process, saves what it receives as FOLDER/1.json,
FOLDER/2.json and so on, and responds with the SHA-256 of the media. The command finds the gateway at $GATEWAY.

With --auth, the gateway asks for a name and a password: $ADMIN or $OTHER, who is not an admin and may use everything.
"""

import base64
import hashlib
import http.server
import itertools
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request

SECONDS_TO_START = 100
AUTH = sys.argv[1] == "--auth"
FOLDER, *COMMAND = sys.argv[1 + AUTH :]
FOLDER = pathlib.Path(FOLDER).resolve()
ADMIN = "admin:not a secret"
OTHER = "other:not a secret either"
# Ignores the proxies of the environment.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
OPENER.addheaders = [("Authorization", "Basic " + base64.b64encode(ADMIN.encode()).decode())] if AUTH else []


class Provider(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    numbers = itertools.count(1)

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        (FOLDER / f"{next(self.numbers)}.json").write_bytes(body)
        media = re.findall(rb'"data:[^,"]*;base64,([^"]*)"', body)
        text = " ".join(hashlib.sha256(base64.b64decode(data, validate=True)).hexdigest() for data in media)
        message = {"role": "assistant", "content": text}
        response = {
            "id": "1",
            "object": "chat.completion",
            "created": 0,
            "model": "m",
            "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
        }
        # Providers do not decode: the gateway must.
        self.send_response(415 if "Content-Encoding" in self.headers else 200)
        data = json.dumps(response).encode()
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def start(port):
    """Starts the gateway, with its database in the folder."""
    environment = {key: value for key, value in os.environ.items() if not key.upper().endswith("_PROXY")}
    environment |= {
        # The provider is on loopback, without TLS.
        "MLFLOW_GATEWAY_API_BASE_ALLOWED_SCHEMES": "http",
        "MLFLOW_GATEWAY_API_BASE_ALLOW_PRIVATE_IPS": "true",
        "MLFLOW_CRYPTO_KEK_PASSPHRASE": "not a secret",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    command = [sys.executable, "-m", "mlflow", "server", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{FOLDER}/mlflow.db", "--default-artifact-root", str(FOLDER)]
    if AUTH:
        name, password = ADMIN.split(":")
        config = f"""[mlflow]
            default_permission = MANAGE
            database_uri = sqlite:///{FOLDER}/auth.db
            admin_username = {name}
            authorization_function = mlflow.server.auth:authenticate_request_basic_auth"""
        (FOLDER / "auth.ini").write_text(config.replace("    ", ""))
        command += ["--app-name", "basic-auth"]
        environment |= {
            "MLFLOW_AUTH_CONFIG_PATH": f"{FOLDER}/auth.ini",
            "MLFLOW_AUTH_ADMIN_PASSWORD": password,
            "MLFLOW_FLASK_SERVER_SECRET_KEY": "not a secret",
        }
    with open(FOLDER / "gateway.log", "wb") as log:
        return subprocess.Popen(command, cwd=FOLDER, env=environment, stdout=log, stderr=log, start_new_session=True)


def wait(gateway, root):
    end = time.monotonic() + SECONDS_TO_START
    while gateway.poll() is None and time.monotonic() < end:
        try:
            return OPENER.open(f"{root}/health", timeout=5).close()
        except OSError:
            time.sleep(0.2)
    sys.exit("the gateway does not start:\n" + (FOLDER / "gateway.log").read_text()[-3000:])


def configure(root, provider):
    """Creates the endpoint, and the other user."""

    def create(what, **value):
        url = f"{root}/api/{what}/create"
        request = urllib.request.Request(url, json.dumps(value).encode(), {"Content-Type": "application/json"})
        with OPENER.open(request, timeout=30) as response:
            return json.load(response)

    gateway = "3.0/mlflow/gateway"
    secret = create(
        f"{gateway}/secrets",
        secret_name="secret",
        provider="openai",
        secret_value={"api_key": "not a key"},
        auth_config={"api_base": provider},
    )["secret"]["secret_id"]
    model = create(f"{gateway}/model-definitions", name="model", secret_id=secret, provider="openai", model_name="m")
    model = model["model_definition"]["model_definition_id"]
    link = {"model_definition_id": model, "linkage_type": "PRIMARY", "weight": 1.0}
    # Usage tracking would copy each request into the database.
    create(f"{gateway}/endpoints", name="clips", model_configs=[link], usage_tracking=False)
    if AUTH:
        name, password = OTHER.split(":")
        create("2.0/mlflow/users", username=name, password=password)


def main():
    provider = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=provider.serve_forever, daemon=True).start()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    root = f"http://127.0.0.1:{port}"
    gateway = start(port)
    try:
        wait(gateway, root)
        configure(root, f"http://127.0.0.1:{provider.server_port}/v1")
        variables = {"GATEWAY": f"{root}/gateway", "ADMIN": ADMIN, "OTHER": OTHER}
        return subprocess.run(COMMAND, env=os.environ | variables).returncode
    finally:
        # The server and its workers are a session of their own.
        os.killpg(gateway.pid, signal.SIGKILL)
        gateway.wait()


if __name__ == "__main__":
    sys.exit(main())
