# The folders that hupd makes for programs: their owners, modes and lives, and
# what hostile users can do with them.  /run, /var/lib, /var/cache, /var/log and
# /etc are the test's own.
load helper

setup() {
	local folder
	needs_root
	hupd_setup
	# /var/lib has more than one test may copy, and no program needs it.
	for folder in /run /var/lib /var/cache /var/log; do
		mount -t tmpfs -o mode=755 tmpfs "$folder"
	done
	mkdir "$T/etc"
	cp -a /etc/. "$T/etc"
	mount --bind "$T/etc" /etc
	for name in hostile:23456 other:23457; do
		echo "${name%:*}:x:${name#*:}:${name#*:}::/tmp:/bin/sh" \
		    >>/etc/passwd
		echo "${name%:*}:x:${name#*:}:" >>/etc/group
	done
}

teardown() {
	local status=0 folder
	hupd_teardown || status=1
	for folder in /etc /var/log /var/cache /var/lib /run; do
		umount "$folder" || umount -l "$folder"
	done
	return $status
}

# has FOLDER MODE UID: is it a folder with these?
has() {
	[ "$(stat -c '%a %u %g %F' "$1")" = "$2 $3 $3 directory" ]
}

absent() {
	[ ! -e "$1" ]
}

# web LINE ...: a program of the user hostile.
web() {
	printf '%s\n' "command = sh -c 'env; exec sleep 1000'" \
	    'user = hostile' "$@" | program web
}

@test "each folder is made with owner and mode, and named in the environment" {
	web 'runtime-directory = web' 'runtime-directory = web/socks 0700' \
	    'state-directory = web 2750' 'cache-directory = "a b"' \
	    'logs-directory = deep/er/web' 'configuration-directory = web'
	hupd_start
	wait_for 5 is_state web up
	has /run/web 755 23456
	has /run/web/socks 700 23456
	has /var/lib/web 2750 23456
	has '/var/cache/a b' 755 23456
	has /var/log/deep 755 0
	has /var/log/deep/er 755 0
	has /var/log/deep/er/web 755 23456
	has /etc/web 755 23456
	wait_for 5 printed web 'RUNTIME_DIRECTORY=/run/web:/run/web/socks$'
	wait_for 5 printed web 'STATE_DIRECTORY=/var/lib/web$'
	wait_for 5 printed web 'CACHE_DIRECTORY=/var/cache/a b$'
	wait_for 5 printed web 'LOGS_DIRECTORY=/var/log/deep/er/web$'
	wait_for 5 printed web 'CONFIGURATION_DIRECTORY=/etc/web$'
	ctl stop web
	# Only what is below /run is removed.
	wait_for 5 absent /run/web
	has /var/lib/web 2750 23456
	has /etc/web 755 23456
	# As after a reboot.
	ctl start web
	has /run/web/socks 700 23456
	hupd_stop
	absent /run/web
}

@test "runtime-directory-preserve: restart is the default" {
	web 'runtime-directory = web' 'restart-delay = 10ms'
	hupd_start
	wait_for 5 is_state web up
	touch /run/web/stays
	ctl restart web
	kill -9 "$(pid_of web)"
	wait_for 5 logged 'web: wait -> starting'
	wait_for 5 is_state web up
	[ -e /run/web/stays ]
	ctl stop web
	wait_for 5 absent /run/web
}

@test "runtime-directory-preserve = no: each start has an empty one" {
	web 'runtime-directory = web' 'restart-delay = 10ms' \
	    'runtime-directory-preserve = no'
	hupd_start
	wait_for 5 is_state web up
	touch /run/web/goes
	ctl restart web
	is_state web up
	has /run/web 755 23456
	absent /run/web/goes
	touch /run/web/goes
	kill -9 "$(pid_of web)"
	wait_for 5 absent /run/web/goes
	wait_for 5 is_state web up
	has /run/web 755 23456
}

@test "a runtime-directory stays while a socket in it is held" {
	local before
	web 'runtime-directory = web' 'runtime-directory-preserve = no' \
	    'listen-stream = /run/web/socket'
	hupd_start
	wait_for 5 is_state web up
	before=$(stat -c %i /run/web/socket)
	ctl restart web
	[ "$(stat -c %i /run/web/socket)" = "$before" ]
	has /run/web 755 23456
	ctl stop web
	wait_for 5 absent /run/web
	ctl start web
	has /run/web 755 23456
	[ -S /run/web/socket ]
}

@test "runtime-directory-preserve = yes: it stays" {
	web 'runtime-directory = web' 'runtime-directory-preserve = yes'
	hupd_start
	wait_for 5 is_state web up
	ctl stop web
	hupd_stop
	has /run/web 755 23456
}

@test "a failed program has no runtime-directory" {
	web 'runtime-directory = web' 'restart = never' 'success-exit = 7'
	hupd_start
	wait_for 5 is_state web up
	has /run/web 755 23456
	kill -9 "$(pid_of web)"
	wait_for 5 is_state web failed
	wait_for 5 absent /run/web
}

@test "the last program that has a runtime-directory removes it" {
	web 'runtime-directory = both' 'runtime-directory = top'
	program also <<-E
	command = sleep 1000
	user = hostile
	runtime-directory = both
	runtime-directory = top/below
	E
	hupd_start
	wait_for 5 is_state web up
	wait_for 5 is_state also up
	ctl stop web
	ctl status >/dev/null
	[ -d /run/both ]
	[ -d /run/top/below ]
	ctl stop also
	wait_for 5 absent /run/both
	wait_for 5 absent /run/top
}

@test "a removed or renamed runtime-directory goes with the reload" {
	web 'runtime-directory = old'
	sleeper other
	hupd_start
	wait_for 5 is_state web up
	change web 'runtime-directory = new'
	ctl reload
	has /run/new 755 23456
	absent /run/old
	rm "$T/hupd.d/web.conf"
	ctl reload
	wait_for 5 absent /run/new
}

@test "a take-over knows the runtime-directory" {
	web 'runtime-directory = web'
	hupd_start
	wait_for 5 is_state web up
	local pid before
	pid=$(hupd_pid) before=$(identity web)
	kill -9 "$pid"
	wait_for 5 hupd_answers
	[ "$(identity web)" = "$before" ]
	[ -d /run/web ]
	ctl reexec
	[ "$(identity web)" = "$before" ]
	ctl stop web
	wait_for 5 absent /run/web
}

@test "a runtime-directory stays with the processes that kill-mode spares" {
	printf '%s\n' "command = sh -c 'sleep 1000 & exec sleep 1000'" \
	    'kill-mode = process' 'runtime-directory = web' | program web
	hupd_start
	wait_for 5 is_state web up
	ctl stop web
	hupd_stop
	[ -d /run/web ]
	# shellcheck disable=SC2034
	LEFT_OK=yes
}

@test "an existing folder with another owner is given to the user" {
	mkdir -p /var/lib/web/sub /var/lib/web/mounted /etc/web
	echo x | tee /var/lib/web/file /var/lib/web/sub/file /etc/web/key \
	    >/var/lib/outside
	ln -s ../outside /var/lib/web/link
	ln /var/lib/outside /var/lib/web/second
	mount -t tmpfs tmpfs /var/lib/web/mounted
	touch /var/lib/web/mounted/file
	web 'state-directory = web 700' 'configuration-directory = web 700'
	hupd_start
	wait_for 5 is_state web up
	has /var/lib/web 700 23456
	has /var/lib/web/sub 755 23456
	[ "$(stat -c %u /var/lib/web/file /var/lib/web/sub/file | uniq)" = 23456 ]
	# No link is followed, of either kind, and no mount crossed.
	[ "$(stat -c %u /var/lib/outside)" = 0 ]
	[ "$(stat -c %u /var/lib/web/mounted)" = 0 ]
	[ "$(stat -c %u /var/lib/web/mounted/file)" = 0 ]
	umount /var/lib/web/mounted
	# A configuration that exists stays the administrator's.
	has /etc/web 755 0
	[ "$(stat -c %u /etc/web/key)" = 0 ]
}

@test "a folder that cannot be made is a failed start that says why" {
	touch /var/lib/web
	web 'state-directory = web' 'restart-limit = 1' 'restart-delay = 10ms'
	hupd_start
	wait_for 5 is_state web failed
	ctl status web >"$T/out" || :
	grep -q 'state-directory.*/var/lib/web: is not a folder' "$T/out"
	rm /var/lib/web
	ctl start web
	has /var/lib/web 755 23456
}

@test "a link in a folder of a hostile user is not followed" {
	mkdir -p /var/lib/hostile /etc/secret
	chown 23456:23456 /var/lib/hostile
	ln -s /etc/secret /var/lib/hostile/web
	ln -s /etc /run/web
	chown -h 23456:23456 /var/lib/hostile/web /run/web
	web 'state-directory = hostile/web' 'restart = never'
	hupd_start
	wait_for 5 is_state web failed
	ctl status web >"$T/out" || :
	grep -q '/var/lib/hostile/web: is a symbolic link' "$T/out"
	has /etc/secret 755 0
	web 'runtime-directory = web/secret' 'restart = never'
	ctl reload || :
	ctl stop web
	has /etc/secret 755 0
}

@test "a link that only root can have made is followed" {
	mkdir /var/cache/moved
	ln -s /var/cache/moved /var/lib/web
	web 'state-directory = web 700'
	hupd_start
	wait_for 5 is_state web up
	has /var/cache/moved 700 23456
	ctl restart web
	is_state web up
}

@test "a user who exchanges folders during start and removal gains nothing" {
	mkdir -p /etc/secret/sub
	touch /etc/secret/sub/file
	web 'runtime-directory = web' 'runtime-directory-preserve = no'
	hupd_start
	wait_for 5 is_state web up
	# shellcheck disable=SC2016
	attack as hostile sh -c 'cd /run/web || exit
	    until [ -e "$0" ]; do
		mkdir -p x/sub; touch x/sub/file
		mv x y 2>/dev/null; ln -s /etc/secret x 2>/dev/null
		rm -rf x y; cd /run/web 2>/dev/null || :
	    done' "$T/enough"
	for _ in $(seq 20); do
		ctl restart web
	done
	touch "$T/enough"
	wait "$ATTACK"
	has /etc/secret 755 0
	has /etc/secret/sub 755 0
	[ -e /etc/secret/sub/file ]
}

@test "folders of hupd, and of two users, are refused" {
	setting 'run-dir = /run/hupd'
	web 'runtime-directory = hupd'
	program also <<-E
	command = sleep 1000
	user = other
	state-directory = web
	E
	program third <<-E
	command = sleep 1000
	user = hostile
	state-directory = web
	cache-directory = ../web
	logs-directory = /abs
	configuration-directory = a//b
	E
	run -6 "$HUPD" -n -f "$T/hupd.conf"
	[[ $output = *'web.conf:3: runtime-directory: /run/hupd is a place of hupd itself (run-dir)'* ]]
	[[ $output = *'third.conf:4: cache-directory: "../web" has a part . or ..'* ]]
	[[ $output = *'third.conf:5: logs-directory: "/abs" is an absolute path; give the part below /var/log'* ]]
	[[ $output = *'third.conf:6: configuration-directory: "a//b" has an empty part'* ]]
	sed -i '4,$d' "$T/hupd.d/third.conf"
	run -6 "$HUPD" -n -f "$T/hupd.conf"
	[[ $output = *'third.conf:3: state-directory: web is a folder of also too, which runs as another user or group'* ]]
}
