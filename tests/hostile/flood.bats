# A program cannot erase what the event log says of others.
load helper

@test "a flood of notifications leaves the event log small and whole" {
	local message
	for message in STOPPING=1 RELOADING=1 READY=1 'STATUS=x' \
	    'RELOADING=1\nREADY=1'; do
		program web <<-E
		command = sh -c '"$HUPD_BUILD/tools/actor" notify READY=1; \
"$HUPD_BUILD/tools/attack" flood "\$(printf "$message")" 30000; exec sleep 1000'
		ready = notify
		user = nobody
		E
		hupd_start
		wait_for 30 printed web ready
		ctl status web
		[ "$(cat "$T"/log/hupd.log* | wc -c)" -lt 100000 ]
		logged 'Daemon start up at'
		hupd_stop
		rm -rf "$T/log"
	done
}
