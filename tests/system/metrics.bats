#!/usr/bin/env bats
# hupctl metrics: OpenMetrics text, read by an independent parser.

load helper

# The Debian package is for Debian's own Python, which need not be the first.
setup() {
	hupd_setup
	for PYTHON in python3 /usr/bin/python3; do
		! "$PYTHON" -c 'import prometheus_client' 2>/dev/null || return 0
	done
	skip "needs Python's prometheus_client"
}

# is EXPRESSION ...: true of the output of hupctl metrics?  v(NAME, LABEL=...)
# is a sample's value, None without a sample.
is() {
	ctl metrics >"$T/metrics" || return
	"$PYTHON" -c '
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
text = open(sys.argv[1]).read()
samples = {}
for family in text_string_to_metric_families(text):
    assert family.documentation, family
    for s in family.samples:
        samples[s.name, frozenset(s.labels.items())] = s.value
def v(name, **labels):
    return samples.get(("hupd_" + name, frozenset(labels.items())))
def p(name, program):
    return v("program_" + name, program=program)
for wanted in sys.argv[2:]:
    if not eval(wanted):
        sys.exit("not so: " + wanted)
' "$T/metrics" "$@"
}

@test "the parser of another project reads all of it" {
	program web <<-'E'
	command = sh -c 'seq 1000000; while [ $((i += 1)) -lt 150000 ]; do :; done; exec sleep 1000'
	log-size = 64K
	log-keep = 2
	E
	program crash <<-'E'
	command = sh -c 'kill -KILL $$'
	restart-delay = 1h
	restart-delay-max = 1h
	E
	program once <<-'E'
	command = sh -c 'exit 3'
	restart = never
	success-exit = 3
	log = none
	E
	program idle <<-'E'
	command = sleep 1000
	autostart = no
	E
	begun=$(date +%s)
	hupd_start
	wait_for 5 is_state crash wait
	wait_for 5 is_state once 'done'
	wait_for 10 is 'p("cpu_seconds_total", "web") > 0' \
	    'p("log_bytes", "web") > 128000'
	is 'v("up") == 1' 'v("programs") == 4' 'v("config_generation") == 1' \
	    'v("config_in_sync") == 1' \
	    "v('start_time_seconds') >= $begun" \
	    "v('config_accepted_time_seconds') >= $begun" \
	    'p("up", "web") == 1' 'p("ready", "web") == 1' \
	    'p("wanted", "web") == 1' 'p("restarts_total", "web") == 0' \
	    "p('start_time_seconds', 'web') >= $begun" \
	    'p("memory_bytes", "web") > 0' \
	    'p("last_exit_status", "web") is None' \
	    'p("up", "crash") == 0' 'p("ready", "crash") == 0' \
	    'p("last_exit_status", "crash") == 128 + 9' \
	    "p('last_exit_time_seconds', 'crash') >= $begun" \
	    'p("memory_bytes", "crash") is None' \
	    'p("up", "once") == 0' 'p("ready", "once") == 1' \
	    'p("last_exit_status", "once") == 3' \
	    'p("log_bytes", "once") is None' \
	    'p("up", "idle") == 0' 'p("wanted", "idle") == 0' \
	    'p("log_bytes", "idle") == 0'
	# The manual names them all.
	sed -n 's/^# TYPE \([^ ]*\) .*/\1/p' "$T/metrics" >"$T/names"
	[ "$(wc -l <"$T/names")" -gt 10 ]
	while read -r name; do
		grep -qx "\.It Va $name" "$TOP/man/hupctl.1"
	done <"$T/names"
	# The older format, which node_exporter reads, has no other line types.
	"$PYTHON" -c 'import sys
from prometheus_client.parser import text_string_to_metric_families as parse
assert len(list(parse(sys.stdin.read()))) > 10' <"$T/metrics"
}

@test "reloads are counted by how they ended" {
	begun=$(date +%s)
	hupd_start
	is 'v("reloads_total", result="applied") == 0' \
	    'v("reloads_total", result="failed") == 0'
	program nap <<<'command = sleep 1000'
	is 'v("config_in_sync") == 0'
	ctl reload
	run -1 ctl add bad ready=notify -- false
	for n in 1 2 3; do
		run -6 ctl add big env=A="$(printf '%070000d' 0)" -- true
	done
	is 'v("reloads_total", result="applied") == 1' \
	    'v("reloads_total", result="failed") == 1' \
	    'v("reloads_total", result="rejected") == 3' \
	    'v("config_generation") == 3'
	# They begin again in a process that follows, and that is reported.
	run -0 ctl reexec
	is 'v("reloads_total", result="rejected") == 0' \
	    "v('reloads_created', result='rejected') >= $begun" \
	    'v("config_generation") == 3'
}

@test "the recipe of the manual makes a file of them" {
	hupd_start
	mkdir "$T/collector"
	sed -n 's|^\* .* root ||p' "$TOP/man/hupctl.1" |
	    sed "s|/var/lib/prometheus/node-exporter|$T/collector|
	    s|hupctl|$HUPCTL -f $T/hupd.conf|" >"$T/recipe"
	grep -q metrics "$T/recipe"
	sh "$T/recipe"
	[ "$(ls "$T/collector")" = hupd.prom ]
	grep -qx 'hupd_up 1' "$T/collector/hupd.prom"
	hupd_stop
	sh "$T/recipe"
	grep -qx 'hupd_up 0' "$T/collector/hupd.prom"
}

@test "a daemon that does not run is a metric too" {
	run -7 --separate-stderr ctl metrics
	[ "${lines[-2]}" = 'hupd_up 0' ]
	[ "${lines[-1]}" = '# EOF' ]
	run -2 ctl -j metrics
}
