#!/usr/bin/env bash
# Submits jobs from 64 connections for a while, then looks one up, and prints requests per second, latencies and memory.
# Needs `wrk`. Usage: load.sh [SECONDS]
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-30}

cargo build --release --quiet -p service --features observed
directory=$(mktemp -d)
sed -e 's/:3000/:0/; s/:9090/:0/; s/^burst .*/burst = 1000000000/; s/^workers .*/workers = 256/' \
    -e "s|service.sqlite|$directory/jobs|" examples/service/service.toml >"$directory/settings"
RUST_LOG=warn target/release/service "$directory/settings" >"$directory/out" &
service=$!
trap 'kill "$service" 2>/dev/null || true; rm -r "$directory"' EXIT
until grep -q '^listening on ' "$directory/out"; do
    kill -0 "$service"
    sleep 0.1
done
url=$(sed -n 's/^listening on //p' "$directory/out")
admin=$(sed -n 's/^admin on //p' "$directory/out")
token=$(curl --silent --fail --json '{"user":"Ann"}' "$url/sessions" | sed 's/.*:"\(.*\)"}/\1/')

cat >"$directory/submit.lua" <<'LUA'
wrk.method = "POST"
wrk.body = '{"text":"one two three"}'
LUA
ask() { wrk --threads 2 --connections 64 --duration "${seconds}s" --latency --header "Authorization: Bearer $token" "$@"; }
memory() { awk '/^VmRSS/ { printf "memory: %.1f MiB\n", $2 / 1024 }' "/proc/$service/status"; }

memory
for run in 1 2 3; do
    echo "submit, run $run"
    ask --header "Content-Type: application/json" --script "$directory/submit.lua" "$url/jobs"
    memory
done
echo "look up"
ask "$url/jobs/1"
memory
curl --silent --fail "$admin/metrics" | grep '^actor_commands_total.*ok"}'

kill -TERM "$service"
wait "$service"
echo "stopped in order"
