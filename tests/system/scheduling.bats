# Processors and scheduling: what the kernel says of a program.
load helper

# policy_of NAME: "SCHED_BATCH 0".
policy_of() {
	chrt -p "$(pid_of "$1")" | sed 's/.*: //' | tr '\n' ' '
}

@test "a program has its processors, policy and class" {
	needs_commands chrt taskset ionice
	local first
	first=$(taskset -cp $$ | sed 's/.*: //; s/[-,].*//')
	program web <<-E
	command = sleep 1000
	cpu-affinity = $first
	cpu-scheduling-policy = batch
	io-scheduling-class = best-effort
	io-scheduling-priority = 6
	E
	program idle <<-E
	command = sleep 1000
	cpu-scheduling-policy = idle
	io-scheduling-class = idle
	E
	program alone <<-E
	command = sleep 1000
	io-scheduling-priority = 1
	E
	hupd_start
	wait_for 5 is_state web up
	[ "$(policy_of web)" = 'SCHED_BATCH 0 ' ]
	[ "$(policy_of idle)" = 'SCHED_IDLE 0 ' ]
	[ "$(taskset -cp "$(pid_of web)" | sed 's/.*: //')" = "$first" ]
	[ "$(ionice -p "$(pid_of web)")" = 'best-effort: prio 6' ]
	[ "$(ionice -p "$(pid_of idle)")" = idle ]
	[ "$(ionice -p "$(pid_of alone)")" = 'best-effort: prio 1' ]
	change web 'cpu-scheduling-policy = other'
	ctl reload | grep -q 'web.*restarted: cpu-scheduling-policy changed'
	[ "$(policy_of web)" = 'SCHED_OTHER 0 ' ]
}

@test "a real-time policy has a priority, and the programs' user no say" {
	needs_commands chrt
	chrt -f 1 true 2>/dev/null || skip "needs leave for real-time policies"
	program web <<-E
	command = sleep 1000
	cpu-scheduling-policy = fifo
	cpu-scheduling-priority = 7
	E
	program plain <<-E
	command = sleep 1000
	cpu-scheduling-policy = rr
	E
	hupd_start
	wait_for 5 is_state web up
	[ "$(policy_of web)" = 'SCHED_FIFO 7 ' ]
	[ "$(policy_of plain)" = 'SCHED_RR 1 ' ]
}

@test "what cannot be is refused, or is a failed start that says why" {
	program web <<-E
	command = sleep 1000
	cpu-affinity = 0-x
	cpu-scheduling-policy = batch
	cpu-scheduling-priority = 3
	io-scheduling-class = idle
	io-scheduling-priority = 8
	E
	program late <<-E
	command = sleep 1000
	cpu-affinity = 1023
	restart = never
	E
	run -6 "$HUPD" -n -f "$T/hupd.conf"
	[[ $output = *'web.conf:2: cpu-affinity: "0-x" is not a list of processors like 0-3,7'* ]]
	[[ $output = *'web.conf:4: cpu-scheduling-priority: needs cpu-scheduling-policy = fifo or rr'* ]]
	[[ $output = *'web.conf:6: io-scheduling-priority: "8" is not a number from 0 to 7'* ]]
	rm "$T/hupd.d/web.conf"
	hupd_start
	wait_for 5 is_state late failed
	ctl status late >"$T/out" || :
	grep -q 'cpu-affinity 1023: this machine.*has none of these processors' \
	    "$T/out"
}
