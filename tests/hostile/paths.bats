# A path is as safe as each folder on it.
load helper

setup() {
	needs_root
	hupd_setup
	mkdir -m 755 "$T/theirs" "$T/theirs/ours"
	chown 54321 "$T/theirs"
	sleeper web
}

refused() {
	run -6 hupd_start
	echo "$output"
	[[ $output == *"$T/theirs"* ]]
	[ ! -e "$T/hupd.pid" ]
}

refused_at_start() {
	run ! hupd_start
	echo "$output"
	[[ $output == *"$T/theirs"* ]]
	! hupd_answers
}

@test "an env-file below a folder that somebody may exchange is refused" {
	echo A=b >"$T/theirs/ours/env"
	echo "env-file = $T/theirs/ours/env" >>"$T/hupd.d/web.conf"
	refused
}

@test "an env-file by a link in such a folder is refused" {
	echo A=b >"$T/env"
	ln -s "$T/env" "$T/theirs/env"
	echo "env-file = $T/theirs/env" >>"$T/hupd.d/web.conf"
	refused
}

@test "a program folder below such a folder is refused" {
	mv "$T/hupd.d" "$T/theirs/ours/hupd.d"
	setting "program-dir = $T/theirs/ours/hupd.d"
	refused
}

@test "a program folder that is a link to such a folder is refused" {
	mv "$T/hupd.d" "$T/theirs/ours/hupd.d"
	ln -s "$T/theirs/ours/hupd.d" "$T/hupd.d"
	refused
}

@test "run-dir, state-dir and log-dir below such a folder are refused" {
	local key
	for key in run-dir state-dir log-dir; do
		setting "$key = $T/theirs/ours/d"
		refused_at_start
		setting "$key = $T/${key%-dir}"
	done
}

@test "a log-dir of another user that everybody may write is refused" {
	mkdir -m 777 "$T/theirs/log"
	chown 54322 "$T/theirs/log"
	setting "log-dir = $T/theirs/log"
	refused_at_start
}

@test "a pidfile that is a link in a sticky folder is not followed" {
	mkdir -m 1777 "$T/tmp"
	echo precious >"$T/precious"
	setpriv --reuid=54321 --clear-groups ln -s "$T/precious" \
	    "$T/tmp/hupd.pid"
	setting "pidfile = $T/tmp/hupd.pid"
	run hupd_start
	[ "$(cat "$T/precious")" = precious ]
	[ "$status" -ne 0 ] || hupd_teardown_at "$T/tmp/hupd.pid"
}

hupd_teardown_at() {
	ctl ping
	kill "$(ctl ping | sed 's/.*pid //')"
	wait_for 10 none_left
}

@test "what is safe is accepted: sticky folders, root's own group" {
	mkdir -m 1777 "$T/tmp"
	mkdir -m 755 "$T/tmp/mine"
	mkdir -m 775 "$T/group"
	echo A=b >"$T/tmp/mine/env"
	echo "env-file = $T/tmp/mine/env" >>"$T/hupd.d/web.conf"
	mv "$T/hupd.d" "$T/group/hupd.d"
	setting "program-dir = $T/group/hupd.d"
	mkdir -m 755 "$T/log"
	chown nobody "$T/log"
	setting 'log-user = nobody'
	hupd_start
	wait_for 5 is_state web up
}

@test "an environment file whose file system does not answer delays nothing" {
	local out=$BATS_TEST_TMPDIR/out web reload
	mkdir -m 755 "$out"
	echo A=1 >"$out/env"
	program web <<-E
	command = sh -c 'echo "A is \$A"; exec sleep 1000'
	env-file = $out/env
	E
	sleeper db
	hupd_start
	wait_for 5 printed web 'A is 1'
	web=$(identity web)
	attack "$HUPD_BUILD/tools/attack" fuse "$out"
	wait_for 5 grep -q ready "$T/attack.out"
	# The variables of a program that was accepted stay, and this is said.
	ctl reload >"$T/said" 2>&1 &
	reload=$!
	wait_for 5 logged 'Daemon reload'
	answers_soon
	ctl restart db
	wait "$reload"
	grep -q "env could not be read within 2 s; the variables of web stay as they were" "$T/said"
	[ "$(identity web)" = "$web" ]
	timeout 10 "$HUPCTL" -s "$T/run/hupd.sock" status web
	run -0 ctl restart web
	[ "$(grep -c 'A is 1' "$T/log/web.log")" -eq 2 ]
	web=$(identity web)
	kill -9 "$(hupd_pid)"
	wait_for 10 answers_soon
	run -0 ctl status
	[[ $output != *'differ'* ]]
	[ "$(identity web)" = "$web" ]
	# It is an error in another definition.
	program new <<-E
	command = sleep 1000
	env-file = $out/env
	E
	run -6 ctl check
	[[ $output = *'new.conf:2: env-file: '*'could not be read within 2 s'* ]]
	run -6 ctl reload
	[[ $output = *'new.conf:2: env-file: '*'could not be read within 2 s'* ]]
	[ "$(identity web)" = "$web" ]
	kill -9 "$ATTACK"
	umount -l "$out"
	echo A=2 >"$out/env"
	run -0 ctl reload
	[[ $output = *'+ new '*'~ web '*'restarted: env-file changed'* ]]
	wait_for 5 printed web 'A is 2'
}
