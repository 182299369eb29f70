#!/usr/bin/env bash
# A grid on a real Slurm: munge, slurmctld and two slurmd on 127.0.0.1; one node is lost with its job. Exit status 77: skipped.
set -euo pipefail
cd "$(dirname "$0")/../.."

skip() { echo "skipped: Slurm can't be installed: $1"; exit 77; }
if ! command -v slurmctld slurmd squeue munged >/dev/null; then
  [ "$(id -u)" = 0 ] || skip "this user is not root"
  command -v apt-get >/dev/null || skip "there is no apt-get"
  { apt-get update -q && apt-get install -qy --no-install-recommends slurmctld slurmd slurm-client munge; } >/dev/null 2>&1 || skip "apt-get failed"
fi
[ "$(id -u)" = 0 ] || skip "its daemons want root"

folder=$(mktemp -d)
started=()
stop() { kill -9 "${started[@]}" 2>/dev/null || true; rm -rf "$folder"; }
trap stop EXIT
mkdir "$folder/state" "$folder/spool.n1" "$folder/spool.n2"
cat > "$folder/slurm.conf" <<CONF
ClusterName=test
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort=27817
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket,cred_expire=5
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
SlurmUser=root
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool.%n
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/%n.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
SlurmdTimeout=5
MessageTimeout=5
SchedulerParameters=sched_interval=1
NodeName=n1 NodeAddr=127.0.0.1 NodeHostname=localhost Port=27818 CPUs=1
NodeName=n2 NodeAddr=127.0.0.1 NodeHostname=localhost Port=27819 CPUs=1
PartitionName=all Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
CONF
export SLURM_CONF=$folder/slurm.conf

dd if=/dev/urandom of="$folder/munge.key" bs=1024 count=1 2>/dev/null
chmod 600 "$folder/munge.key"
daemon() { "$@" >"$folder/$1.out" 2>&1 & started+=($!); disown; }
daemon munged --foreground --force --socket="$folder/munge.socket" --key-file="$folder/munge.key" \
  --pid-file="$folder/munge.pid" --seed-file="$folder/munge.seed" --log-file="$folder/munged.log"
for _ in $(seq 100); do [ -S "$folder/munge.socket" ] && break; sleep 0.1; done
[ -S "$folder/munge.socket" ] || { echo "munged did not come up:"; cat "$folder"/munged.*; exit 1; }
daemon slurmctld -D -c
daemon slurmd -D -N n1
daemon slurmd -D -N n2
for _ in $(seq 100); do [ "$(sinfo --noheader --states=idle --format=%D 2>/dev/null)" = 2 ] && break; sleep 0.2; done
[ "$(sinfo --noheader --states=idle --format=%D)" = 2 ] || { echo "Slurm's two nodes did not come up:"; tail -n 5 "$folder"/*.log; exit 1; }

# Ends a node as a lost power supply does: the daemon, and the trees of processes of its jobs.
cat > "$folder/kill-node" <<'KILL'
#!/usr/bin/env bash
tree() { for child in $(cat /proc/"$1"/task/*/children 2>/dev/null); do tree "$child"; done; echo "$1"; }
steps=$(grep -lsa slurmstepd /proc/[0-9]*/cmdline | cut -d/ -f3)
ids=$(cat "${SLURM_CONF%/*}/$1.pid")
for step in $steps; do
  grep -qsz "SLURMD_NODENAME=$1" $(tree "$step" | sed 's|.*|/proc/&/environ|') && ids="$ids $(tree "$step")"
done
kill -9 $ids
KILL
chmod +x "$folder/kill-node"
npx tsx dev/clusters/slurm-grid.ts "$folder/kill-node"
