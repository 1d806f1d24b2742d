#!/usr/bin/env bats
# hupctl wait: for scripts.

load helper

# A program that becomes ready once the file NAME.go exists.
held() {
	program "$1" <<-E
	command = sh -c 'while [ ! -e $T/$1.go ]; do sleep 0.05; done; echo >&3; exec sleep 1000'
	ready = fd:3
	E
}

@test "wait ends once all programs are ready" {
	held web
	sleeper db
	hupd_start
	ctl wait web db >"$T/out" 3>&- &
	waits=$!
	wait_for 20 grep -q '^db: up' "$T/out"
	kill -0 "$waits"
	touch "$T/web.go"
	wait "$waits"
	grep -q '^web: up (pid [0-9]*)$' "$T/out"
}

# Wait for STATE of web, and of OTHER, which has it already: its line says that
# the daemon has the request.
waits_for() {
	ctl wait --for "$1" "$2" web >"$T/$1" 3>&- &
	waits=$!
	wait_for 20 grep -q "^$2: " "$T/$1"
}

@test "wait --for waits for a state" {
	sleeper web
	sleeper idle
	program task <<<$'command = true\nready = exited'
	hupd_start
	run -0 ctl wait --for 'done' task
	run -0 ctl wait --for up web
	run -0 ctl wait --for stopped task
	ctl stop idle
	waits_for down idle
	ctl stop web
	wait "$waits"
	grep -qx 'web: down' "$T/down"
	run -2 ctl wait --for nonsense web
	[[ $output = *"not one of ready, stopped, up, down, done, failed" ]]
	# Removal stops it, but makes it nothing else.
	ctl start web
	waits_for stopped task
	other=$waits
	waits_for 'done' task
	ctl remove web
	wait "$other"
	status=0
	wait "$waits" || status=$?
	[ "$status" -eq 1 ]
	grep -qx 'web: removed' "$T/done"
}

@test "wait fails at once if a program has failed, and after its timeout" {
	held web
	program bad <<-E
	command = sh -c 'exit 7'
	settle-time = 60s
	restart = never
	E
	hupd_start
	run -1 ctl wait bad
	[[ ${lines[0]} = "bad: failed: exited, status 7"* ]]
	run -0 ctl wait --for failed bad
	run -1 ctl wait --timeout 50ms web
	[[ ${lines[0]} = "web: starting"* ]]
	[[ $output = *"hupctl: not ready in time" ]]
	run -1 ctl -j wait --timeout 0 web
	[[ $output = *'"status":1,"message":"not ready in time"'*'"name":"web","ok":false,"state":"starting"'* ]]
	run -1 ctl wait no
	[ "$output" = "hupctl: no program no" ]
}
