# condition-path-exists: a program is not started, and that is no failure.
load helper

# unmet NAME: is it down because of its condition?
unmet() {
	is_state "$1" down && ctl status "$1" | grep -q condition-path-exists
}

@test "an unmet condition is no failure, and dependents start" {
	program web <<-E
	command = sleep 1000
	condition-path-exists = $T/there
	condition-path-exists = !$T/not-there
	E
	program after <<-E
	command = sleep 1000
	depends-on = web
	E
	hupd_start
	wait_for 5 is_state after up
	is_state web down
	ctl status web
	ctl status web | grep -q "condition-path-exists $T/there: does not exist"
	ctl -j status web | grep -q '"waiting_for": *"condition-path-exists'
	# A reload, a start and a restart look again.
	ctl reload
	wait_for 5 unmet web
	ctl start web
	unmet web
	touch "$T/there" "$T/not-there"
	ctl restart web
	ctl status web | grep -q "$T/not-there: exists"
	rm "$T/not-there"
	ctl reload
	wait_for 5 is_state web up
	is_state after up
	# It counts at a start only.
	rm "$T/there"
	ctl reload
	is_state web up
	kill -9 "$(pid_of web)"
	wait_for 5 unmet web
	is_state after up
	ctl stop web
	touch "$T/there"
	ctl start web
	is_state web up
}

@test "an unmet condition outlives the daemon" {
	program web <<-E
	command = sleep 1000
	condition-path-exists = $T/there
	E
	program after <<-E
	command = sleep 1000
	depends-on = web
	E
	hupd_start
	wait_for 5 is_state after up
	kill -9 "$(hupd_pid)"
	wait_for 5 hupd_answers
	unmet web
	is_state after up
	ctl reexec
	unmet web
	ctl status web
}

@test "a changed program whose condition is unmet is not rolled back" {
	sleeper web
	hupd_start
	wait_for 5 is_state web up
	change web "condition-path-exists = $T/there"
	ctl reload
	unmet web
}

@test "exit-on all-done counts an unmet condition as done" {
	setting 'exit-on = all-done'
	program web <<-E
	command = sleep 1000
	condition-path-exists = $T/there
	E
	run -0 hupd_env "$HUPD" -d -f "$T/hupd.conf"
}
