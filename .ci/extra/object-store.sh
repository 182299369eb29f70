#!/usr/bin/env bash
# The store's contract against an S3 server, moto, in a virtual environment of its own. Exit status 77: skipped.
set -euo pipefail
cd "$(dirname "$0")/../.."

folder=$(mktemp -d)
server=
stop() { [ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$folder"; }
trap stop EXIT
{ python3 -m venv "$folder/venv" && "$folder/venv/bin/pip" --quiet install --no-compile 'moto[s3]==5.2.5' flask==3.1.2 flask-cors==6.0.1; } >/dev/null 2>&1 ||
  { echo "skipped: moto can't be installed by python3 -m venv and pip"; exit 77; }

port=$("$folder/venv/bin/python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$folder/venv/bin/moto_server" --host 127.0.0.1 --port "$port" >"$folder/moto.log" 2>&1 &
server=$!
for _ in $(seq 150); do curl -sf "http://127.0.0.1:$port/moto-api/" >/dev/null && break; sleep 0.2; done
curl -sf -X PUT "http://127.0.0.1:$port/tests" >/dev/null || { echo "moto did not come up:"; cat "$folder/moto.log"; exit 1; }

export AWS_ENDPOINT_URL=http://127.0.0.1:$port AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=x AWS_SECRET_ACCESS_KEY=x
SLD_EDGE_TEST_BUCKET=s3://tests/a/prefix npx vitest run --reporter=default pipeline/store/store.test.ts
