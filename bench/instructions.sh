#!/usr/bin/env bash
# Instructions of the daemon for a reload of one of 1,000 programs, and for a
# status of them, by callgrind; compared with bench/instructions.  With
# "update" that file is rewritten, which is needed for another compiler or C
# library: its numbers are those of Debian 12 on amd64.
set -eu

command -v valgrind >/dev/null || { echo "bench: no valgrind" >&2; exit 1; }

TOP=$(realpath "${BASH_SOURCE[0]%/*}/..")
: "${HUPD_BUILD:=$TOP/build}"
CTL=$HUPD_BUILD/hupctl
KEPT=$TOP/bench/instructions
W=$(mktemp -d "${BENCH_TMPDIR:-/dev/shm}/hupd-bench.XXXXXX")
pid=
trap '[ -z "$pid" ] || kill "$pid" || :; wait; rm -rf "$W"' EXIT
chmod 755 "$W"
mkdir -m 755 "$W/hupd.d"
cat >"$W/hupd.conf" <<-E
	program-dir = $W/hupd.d
	log-dir = $W/log
	run-dir = $W/run
	state-dir = $W/state
	pidfile = $W/hupd.pid
	log-user = $(id -un)
	cgroup = off
	autostart = no
	settle-time = 0
	log = none
	E
for ((i = 0; i < 1000; i++)); do
	echo "command = /bin/true $i" >"$W/hupd.d/p$i.conf"
done

ctl() {
	"$CTL" -s "$W/run/hupd.sock" "$@" >/dev/null 2>&1
}

valgrind --tool=callgrind --callgrind-out-file="$W/out" \
    "$TOP/build/bench/hupd-valgrind" -d -f "$W/hupd.conf" \
    >"$W/stdout" 2>&1 </dev/null &
pid=$!
for ((i = 0; i < 600; i++)); do
	! ctl ping || break
	sleep 0.1
done
# The second reload finds everything as it will be from then on.
ctl reload

# count NAME: what the daemon did since it was asked to forget.
count() {
	callgrind_control --dump="$1" "$pid" >/dev/null 2>&1
	awk -v n="$1" '/^summary:/ { print n, $2 }' \
	    "$(find "$W" -name 'out.*' -newer "$W/mark" | sort -V | tail -n 1)"
}

forget() {
	touch "$W/mark"
	sleep 0.1
	callgrind_control --zero "$pid" >/dev/null 2>&1
}

{
	forget
	echo "command = /bin/true changed" >"$W/hupd.d/p0.conf"
	ctl reload
	count reload
	forget
	ctl status
	count status
} >"$W/now"

if [ "${1-}" = update ]; then
	cp "$W/now" "$KEPT"
fi
awk 'NR == FNR { kept[$1] = $2; next }
    { p = 100 * ($2 / kept[$1] - 1)
      printf "%s: %d instructions, kept %d, %+.1f%%\n", $1, $2, kept[$1], p
      if (p > 5) bad = 1 }
    END { exit bad || FNR < 2 }' "$KEPT" "$W/now"
