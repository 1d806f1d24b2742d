# shellcheck shell=bash
# takeover.bash - kill daemons, and examine their successors; after helper.

# mode cgroup|off|user: what the daemon has at its hands.
mode() {
	case $1 in
	cgroup)
		needs_root
		setting 'cgroup = auto' ;;
	off)
		setting 'cgroup = off' ;;
	user)
		setting 'cgroup = off'
		[ "$(id -u)" -eq 0 ] || return 0
		mkdir "$T/bin"
		cp "$HUPD" "$HUPCTL" "$T/bin"
		HUPD=$T/bin/hupd HUPCTL=$T/bin/hupctl
		chown -R nobody: "$T"
		HUPD_EXEC="setpriv --reuid=nobody --regid=$(id -g nobody)"
		HUPD_EXEC+=' --clear-groups --' ;;
	esac
}

# Of process $1, unless it is dead.
guard_of() {
	pgrep -P "$1" -r D,R,S,T -x 'hupd: guard'
}

logger_of() {
	pgrep -P "$1" -r D,R,S,T -f '^hupd: log'
}

# The same, once it has its name.
await_guard() {
	wait_for 5 guard_of "$1" >/dev/null
	guard_of "$1"
}

# Has process $1 another guard than $2?
other_guard() {
	local guard
	guard=$(guard_of "$1") && [ "$guard" != "$2" ]
}

# Is there another daemon than process $1, and does it answer?
followed() {
	local pid
	pid=$(hupd_pid) && [ "$pid" != "$1" ] && hupd_answers
}

# Kill the daemon; another follows.
crash() {
	local pid
	pid=$(hupd_pid)
	kill -9 "$pid"
	wait_for 10 followed "$pid"
}

# Kill the daemon, and its guard before it can act.
crash_for_good() {
	local pid guard
	pid=$(hupd_pid)
	guard=$(await_guard "$pid")
	kill -STOP "$guard"
	kill -9 "$pid" "$guard"
	wait_for 5 gone "$pid"
	wait_for 5 gone "$guard"
}

# The output of status without the values that change with time.
snapshot() {
	ctl -j status | python3 -c '
import json, sys
status = json.load(sys.stdin)
for p in status["programs"]:
    for key in "state_ms", "uptime_ms", "memory_bytes", "cpu_ms":
        del p[key]
    print(json.dumps(p))
del status["config"]["pid"], status["config"]["reloading"]
print(status["config"], status["rejected"])'
}

uptime_of() {
	ctl -j status "$1" | sed 's/.*"uptime_ms": *\([0-9]*\).*/\1/'
}

# edit FIELD VALUE: of the file of records; of the first slot where the field
# is not the header's.
edit() {
	python3 - "$T/run/records" "$@" <<'P'
import struct, sys
path, field, value = sys.argv[1:]
with open(path, 'r+b') as f:
    data = bytearray(f.read())
    slot = struct.unpack_from('=I', data, 12)[0]
    where, form = {
        'magic': (0, '8s'), 'version': (8, '=I'), 'nslots': (20, '=I'),
        'boot': (24, '36s'), 'name': (slot, '68s'), 'pid': (slot + 68, '=i'),
        'start_time': (slot + 72, '=Q'), 'state': (slot + 88, '=B'),
        'due': (slot + 296, '=I'),
    }[field]
    if form.endswith('s'):
        value = value.encode()
    elif value[0] in '+-':
        value = struct.unpack_from(form, data, where)[0] + int(value)
    else:
        value = int(value)
    struct.pack_into(form, data, where, value)
    f.seek(0)
    f.write(data)
P
}

# A program that writes numbered lines at full speed until $T/enough exists.
numbers() {
	cat >"$T/numbers" <<-'E'
	BEGIN {
		for (;;) {
			for (k = 0; k < 1000; k++)
				print ++i
			fflush()
			if ((getline line <enough) >= 0)
				break
			# More than its FIFO holds as fast as it can, but not
			# gigabytes where the test takes long.
			if (i % 20000 == 0)
				system("sleep 0.3")
		}
		print "end"
		fflush()
		system("exec sleep 1000")
	}
	E
	chmod 644 "$T/numbers"
	program "$1" <<-E
	command = awk -v enough=$T/enough -f $T/numbers
	log-timestamps = no
	log-size = 100G
	E
}

# All of its lines, each once, in order.
numbers_are_whole() {
	touch "$T/enough"
	wait_for 30 last_is_end "$1"
	awk '$0 == "end" { exit }
	    $0 != NR { print "line " NR ": " $0; bad = 1; exit }
	    END { exit bad }' "$T/log/$1.log"
}

last_is_end() {
	[ "$(tail -n 1 "$T/log/$1.log")" = end ]
}
