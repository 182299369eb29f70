#!/usr/bin/env bash
# Exports of the shipped package in the programs that they are for; exit status 77 where one can't be installed.
set -euo pipefail
cd "$(dirname "$0")/../.."

exec npx tsx dev/exports.ts
