#!/usr/bin/env bash
# Exports of the shipped package in the programs that they are for; what can't be installed is a line "skipped: …".
set -euo pipefail
cd "$(dirname "$0")/../.."

exec npx tsx dev/exports.ts
