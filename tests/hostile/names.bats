# A name service that is late, fails or never answers: /etc/passwd is a FIFO, so
# each look-up of a user waits until somebody writes there.
load helper

setup() {
	needs_root
	hupd_setup
	hostile_account
	mkfifo "$T/never"
	HANGS=
	# Without them a shell asks for the user that it runs as, and hangs.
	export HOME=/ SHELL=/bin/sh
}

teardown() {
	answer_again
	accounts_teardown
}

# No look-up of a user ends.
hang() {
	mount --bind "$T/never" /etc/passwd
	HANGS=yes
}

answer_again() {
	[ -z "$HANGS" ] || umount /etc/passwd
	HANGS=
}

forget() {
	sed '/^hostile:/d' /etc/passwd >"$T/forgotten"
	cat "$T/forgotten" >/etc/passwd
}

remember() {
	echo 'hostile:x:23456:23456::/tmp:/bin/sh' >>/etc/passwd
}

reloading() {
	ctl -j status | tr -d ' \n' | grep -q '"reloading":true'
}

other_is_new() {
	is_state other up && [ "$(pid_of other)" != "$OTHER" ]
}

helpers() {
	grep -lsx 'hupd: helper' /proc/[0-9]*/comm | wc -l
}

no_helpers() {
	[ "$(helpers)" -eq 0 ]
}

web_runs_as_hostile() {
	grep -qx 'Uid:	23456	23456	23456	23456' "/proc/$(pid_of web)/status"
}

@test "a reload that waits for a name service stops nothing else" {
	hostile_web
	hang
	attack "$HUPCTL" -s "$T/run/hupd.sock" reload
	wait_for 10 reloading
	# Requests are answered, and a program that ends is restarted.
	ctl ping
	kill -9 "$OTHER"
	wait_for 10 other_is_new
	is_state web up
	wait_for 10 logged 'generation 2: nothing changed'
	wait "$ATTACK"
	cat "$T/attack.out"
	grep -F 'the ids stay as they were: user hostile (could not be looked up within 2 s)' \
	    "$T/attack.out"
	[ "$(pid_of web)" = "$WEB" ]
	wait_for 10 no_helpers
}

@test "SIGHUPs meanwhile lead to one more reload, with the files of that time" {
	hostile_web
	hang
	kill -HUP "$DAEMON"
	wait_for 10 reloading
	sleeper third
	kill -HUP "$DAEMON"
	kill -HUP "$DAEMON"
	wait_for 20 is_state third up
	wait_for 20 logged 'generation 3: nothing changed, 3 unchanged'
	run ! logged 'generation 4'
	[ "$(pid_of web)" = "$WEB" ]
}

@test "a new definition whose user is not looked up in time is rejected" {
	hostile_web
	sleeper third
	echo 'user = nobody' >>"$T/hupd.d/third.conf"
	hang
	run -6 ctl reload
	echo "$output"
	[[ $output == *"third.conf:2: user: user nobody could not be looked up within 2 s"* ]]
	[[ $output != *web.conf* ]]
	run -6 ctl check
	[[ $output == *"third.conf:2: user: user nobody could not be looked up within 2 s"* ]]
	# So is a changed one.
	rm "$T/hupd.d/third.conf"
	change web 'nice = 1'
	run -6 ctl reload
	[[ $output == *"web.conf:2: user: user hostile could not be"* ]]
	[ "$(pid_of web)" = "$WEB" ]
	answer_again
	ctl reload
	web_runs_as_hostile
}

@test "status does not wait for a name service" {
	hostile_web
	hang
	run -0 ctl status
	[[ $output == *'files on disk: as running'* ]]
	no_helpers
}

@test "there are at most four helpers" {
	local i pids=() most=0 n
	hostile_web
	hang
	# The clients themselves find every user.
	for i in 1 2 3 4 5 6 7 8; do
		unshare --mount bash -c 'umount /etc/passwd && exec "$@"' bash \
		    timeout 120 "$HUPCTL" -s "$T/run/hupd.sock" check \
		    >"$T/check.$i" 2>&1 3>&- &
		pids+=($!)
	done
	while kill -0 "${pids[0]}" 2>/dev/null; do
		n=$(helpers)
		[ "$n" -le "$most" ] || most=$n
	done
	wait "${pids[@]}"
	echo "$most helpers"
	[ "$most" -ge 1 ]
	[ "$most" -le 4 ]
	wait_for 10 no_helpers
	ctl ping
}

@test "a killed daemon is replaced while a name service hangs" {
	hostile_web
	hang
	kill -HUP "$DAEMON"
	wait_for 10 reloading
	kill -9 "$DAEMON"
	wait_for 10 hupd_answers
	[ "$(pid_of web)" = "$WEB" ]
	[ "$(pid_of other)" = "$OTHER" ]
	# The helper ends with its daemon.
	wait_for 10 no_helpers
	ctl restart web
	web_runs_as_hostile
}

@test "a start keeps the ids if the name service does not answer" {
	hostile_web
	hupd_stop
	hang
	run -0 hupd_start
	echo "$output"
	[[ $output == *'the ids stay as they were: user hostile (could not be looked up within 2 s)'* ]]
	wait_for 10 is_state web up
	wait_for 10 is_state other up
	web_runs_as_hostile
}

@test "a first start with a name service that does not answer says so" {
	sleeper web
	echo 'user = hostile' >>"$T/hupd.d/web.conf"
	hang
	run -6 hupd_start
	[[ $output == *'web.conf:2: user: user hostile could not be looked up within 2 s'* ]]
}

@test "at a start, a program whose user is not there waits, and no other" {
	hostile_web
	hupd_stop
	forget
	run -0 hupd_start
	echo "$output"
	[[ $output == *'web: waits for user hostile (does not exist)'* ]]
	wait_for 10 is_state other up
	OTHER=$(pid_of other)
	[ "$(ctl -j status web | tr -d '\n' | grep -o '"waiting_for": *"[^"]*"')" = \
	    '"waiting_for": "user hostile (does not exist)"' ] ||
	    ctl -j status web | grep '"waiting_for": *"user hostile (does not exist)"'
	run -3 ctl status web
	[[ $output == *down* ]]
	run -3 ctl status web
	[[ $output == *'waits for user hostile (does not exist)'* ]]
	# Neither a reload nor a request brings it up, and both say why.
	run -1 ctl reload
	[[ $output == *'web'*'waits for user hostile (does not exist)'* ]]
	run -1 ctl start web
	[[ $output == *'waits for user hostile (does not exist)'* ]]
	# Nor does the next daemon.
	kill -9 "$(hupd_pid)"
	wait_for 10 hupd_answers
	is_state web down
	[ "$(pid_of other)" = "$OTHER" ]
	# Once the user is there it starts, without a request.
	remember
	wait_for 30 is_state web up
	web_runs_as_hostile
	run -0 ctl reload
}

@test "a reload starts it at once" {
	hostile_web
	hupd_stop
	forget
	hupd_start
	is_state web down
	remember
	run -0 ctl reload
	is_state web up
	web_runs_as_hostile
}

@test "what depends on a program that waits, waits too" {
	ready other
	echo 'depends-on = web' >>"$T/hupd.d/other.conf"
	sleeper web
	echo 'user = hostile' >>"$T/hupd.d/web.conf"
	hupd_start
	wait_for 10 is_state other up
	hupd_stop
	forget
	hupd_start
	is_state web down
	is_state other down
	ctl status other | grep 'waits for web' || ctl status other || :
	remember
	wait_for 30 is_state other up
}

@test "a user of the defaults that is not there makes the programs wait" {
	setting 'user = hostile'
	sleeper web
	sleeper other
	echo 'user = root' >>"$T/hupd.d/other.conf"
	hupd_start
	wait_for 10 is_state web up
	hupd_stop
	forget
	run -0 hupd_start
	is_state web down
	wait_for 10 is_state other up
	# A new one is an error.
	sleeper third
	run -6 ctl reload
	[[ $output == *'third.conf: user: there is no user hostile'* ]]
	[[ $output != *web.conf* ]]
}

@test "a user who goes while the daemon runs changes nothing until a change" {
	hostile_web
	forget
	run -0 ctl reload
	echo "$output"
	[[ $output == *'web: the ids stay as they were: user hostile (does not exist)'* ]]
	[ "$(pid_of web)" = "$WEB" ]
	ctl restart web
	web_runs_as_hostile
	touch "$T/hupd.d/web.conf"
	run -0 ctl reload
	[[ $output == *'nothing changed'* ]]
	change web 'nice = 1'
	run -6 ctl reload
	[[ $output == *'web.conf:2: user: there is no user hostile'* ]]
}
