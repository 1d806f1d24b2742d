#!/usr/bin/env bats
# hupctl import: supervisord's configuration and systemd's units, shown and
# written.

load helper

import() {
	hupd_env "$HUPCTL" -f "$T/hupd.conf" import "$@"
}

supervisord() {
	cat >"$T/supervisord.conf"
}

@test "what is shown is what is written, and what hupd runs" {
	supervisord <<-E
	[supervisord]
	environment=WHERE="%(here)s"
	[program:nap]
	command=sh -c "exec sleep \$TIME"
	process_name=%(program_name)s_%(process_num)d
	numprocs=2
	directory=%(here)s
	environment=TIME="100%(process_num)d"
	priority=1
	E
	run -0 --separate-stderr import "$T/supervisord.conf"
	[ "$stderr" = "$T/supervisord.conf:9: priority: has no counterpart:\
 depends-on sets the order of starts
hupctl: nothing was written; with -w these files are" ]
	[ -z "$(ls "$T/hupd.d")" ]
	shown=$output
	run -0 --separate-stderr import -w "$T/supervisord.conf"
	[ "$output" = "$T/hupd.d/nap_0.conf
$T/hupd.d/nap_1.conf" ]
	[ "$(ls -A -I .lock "$T/hupd.d")" = "nap_0.conf
nap_1.conf" ]
	[ "$shown" = "==> $T/hupd.d/nap_0.conf <==
$(cat "$T/hupd.d/nap_0.conf")

==> $T/hupd.d/nap_1.conf <==
$(cat "$T/hupd.d/nap_1.conf")" ]
	hupd_start
	wait_for 5 is_state nap_1 up
	pid=$(pid_of nap_1)
	slept() {
		[ "$(tr '\0' ' ' <"/proc/$pid/cmdline")" = 'sleep 1001 ' ]
	}
	wait_for 5 slept
	grep -qz "^WHERE=$T\$" "/proc/$pid/environ"
	[ "$(readlink "/proc/$pid/cwd")" = "$T" ]
}

@test "all files are written or none, and none is replaced" {
	printf '[program:%s]\ncommand=true\n' a b c | supervisord
	program b <<<'command = sleep 1'
	run -1 import -w "$T/supervisord.conf"
	[ "$output" = "hupctl: $T/hupd.d/b.conf: File exists" ]
	[ "$(ls -A -I .lock "$T/hupd.d")" = b.conf ]
	[ "$(cat "$T/hupd.d/b.conf")" = 'command = sleep 1' ]
	rm "$T/hupd.d/b.conf"
	ln -s nowhere "$T/hupd.d/c.conf"
	run -1 import -w "$T/supervisord.conf"
	[ "$(ls -A -I .lock "$T/hupd.d")" = c.conf ]
}

@test "a file has no more permissions than its source" {
	supervisord <<<$'[program:a]\ncommand=true'
	chmod 640 "$T/supervisord.conf"
	import -w "$T/supervisord.conf"
	[ "$(stat -c %a "$T/hupd.d/a.conf")" = 640 ]
}

@test "files that are included are read, and no further" {
	mkdir "$T/conf.d"
	supervisord <<-'E'
	[include]
	files = conf.d/*.ini %(here)s/extra[12].conf
	    none/*.ini
	[program:a]
	command=a
	priority=1
	E
	printf '[program:c]\ncommand=%%(here)s/c\n' >"$T/conf.d/2.ini"
	printf '[include]\nfiles=../x.conf\n[program:b]\ncommand=b\n' \
	    >"$T/conf.d/1.ini"
	printf '[program:a]\ncommand=other\n' >"$T/extra1.conf"
	printf '[program:x]\ncommand=x\n' | tee "$T/x.conf" \
	    "$T/conf.d/.x.ini" "$T/conf.d/x.conf" >"$T/extra3.conf"
	chmod 640 "$T/conf.d/2.ini"
	cd "$T"
	run -0 --separate-stderr import -w supervisord.conf
	[ "$(ls -A -I .lock "$T/hupd.d")" = $'a.conf\nb.conf\nc.conf' ]
	grep -qx 'command = other' "$T/hupd.d/a.conf"
	grep -qx "command = $T/conf.d/c" "$T/hupd.d/c.conf"
	[ "$(stat -c %a "$T/hupd.d/a.conf")" = 640 ]
	diff <(echo "$stderr") - <<-E
	supervisord.conf:2: files: no file matches $T/none/*.ini
	$T/conf.d/1.ini:2: files: is ignored in an included file
	supervisord.conf:4: directory: is missing: supervisord uses its own working directory, hupd uses / (3 times)
	supervisord.conf:6: priority: has no counterpart: depends-on sets the order of starts
	hupctl: 'hupctl check' shows what these files will change, 'hupctl reload' applies them
	E
	rm "$T"/hupd.d/*
	echo 'command=%(y)s' >>"$T/conf.d/2.ini"
	mkdir "$T/conf.d/3.ini"
	run -6 import -w supervisord.conf
	[ "$output" = "supervisord.conf:2: files: $T/conf.d/3.ini: Is a directory" ]
	rmdir "$T/conf.d/3.ini"
	run -6 import -w supervisord.conf
	[ "$output" = "$T/conf.d/2.ini:3: command: %(y)s is not defined" ]
	[ -z "$(ls -A -I .lock "$T/hupd.d")" ]
	sed -i '2,3d' supervisord.conf
	run -6 import supervisord.conf
	[ "$output" = 'supervisord.conf:1: [include]: files is missing' ]
}

@test "a note that is repeated is shown once, and without a program, too" {
	printf '[program:%s]\ncommand=true\ndirectory=/\npriority=1\n' a b c |
	    supervisord
	run -0 --separate-stderr import "$T/supervisord.conf"
	[ "$stderr" = "$T/supervisord.conf:4: priority: has no counterpart:\
 depends-on sets the order of starts (3 times)
hupctl: nothing was written; with -w these files are" ]
	supervisord <<<'[eventlistener:x]'
	run -1 import "$T/supervisord.conf"
	[ "${#lines[@]}" -eq 2 ]
	[[ ${lines[0]} = "$T/supervisord.conf:1: [eventlistener:x]"* ]]
}

@test "import needs no daemon, even if -s names one" {
	supervisord <<<$'[program:a]\ncommand=true'
	run -0 hupd_env "$HUPCTL" -s "$T/none.sock" import \
	    "$T/supervisord.conf"
	[[ $output = *'command = true'* ]]
}

@test "errors come with file and line, and nothing is written" {
	printf '[program:a]\ncommand=true\n[program:b]\numask=9' | supervisord
	echo '[program:b]' >"$T/other.ini"
	run -6 import -w "$T/supervisord.conf" "$T/other.ini"
	[ "$output" = "$T/supervisord.conf:3: [program:b]: command is missing" ]
	echo 'command=%(x)s' >>"$T/other.ini"
	run -6 import -w "$T/supervisord.conf" "$T/other.ini"
	[ "$output" = "$T/other.ini:2: command: %(x)s is not defined
$T/supervisord.conf:4: umask: \"9\" is not an octal number up to 777" ]
	[ -z "$(ls -A -I .lock "$T/hupd.d")" ]
	run -1 import "$T/missing"
	[ "$output" = "hupctl: $T/missing: No such file or directory" ]
	run -1 import "$T"
	run -1 import /dev/null
	head -c 2000000 /dev/zero | supervisord
	run -6 import "$T/supervisord.conf"
	[ "$output" = "$T/supervisord.conf: the file is larger than 1024 KiB" ]
	run -2 import
}

@test "import has a document of JSON in every case" {
	supervisord <<<$'[program:a]\ncommand=true\npriority=1'
	import -j "$T/supervisord.conf" >"$T/json" 2>/dev/null
	python3 - "$T" <<-'E'
	import json, sys
	t = sys.argv[1]
	d = json.load(open(t + "/json"))
	assert d["valid"] and not d["written"] and d["errors"] == [], d
	file, = d["files"]
	assert set(file) == {"name", "path", "text"}, file
	assert file["name"] == "a" and file["path"] == t + "/hupd.d/a.conf"
	assert file["text"].endswith("restart-limit = 3\n")
	note = d["notes"][1]
	assert set(note) == {"file", "line", "key", "reason"}, note
	assert note["file"] == t + "/supervisord.conf" and note["line"] == 3
	assert note["key"] == "priority" and "no counterpart" in note["reason"]
	E
	import -j -w "$T/supervisord.conf" >"$T/json" 2>/dev/null
	python3 - "$T" <<-'E'
	import json, sys
	d = json.load(open(sys.argv[1] + "/json"))
	assert d["valid"] and d["written"], d
	assert d["files"][0]["text"] == open(d["files"][0]["path"]).read()
	E
	# The file is there now.
	run -1 --separate-stderr import -j -w "$T/supervisord.conf"
	python3 - "$output" <<-'E'
	import json, sys
	d = json.loads(sys.argv[1])
	assert d["error"].endswith("/a.conf: File exists"), d
	E
	supervisord <<<$'[program:a]\ncommand="'
	run -6 --separate-stderr import -j "$T/supervisord.conf"
	python3 - "$T" "$output" <<-'E'
	import json, sys
	d = json.loads(sys.argv[2])
	assert not d["valid"] and not d["written"], d
	error, = d["errors"]
	assert set(error) == {"file", "line", "key", "reason"}, error
	assert error["file"] == sys.argv[1] + "/supervisord.conf"
	assert error["line"] == 2 and error["key"] == "command"
	E
}

# A unit below a root, with its [Service] from standard input.
unit() {
	mkdir -p "$T/root${1%/*}"
	{ echo '[Service]'; cat; } >"$T/root$1"
}

@test "a unit is read with the drop-ins of all folders, by their precedence" {
	local lib=/usr/lib/systemd/system etc=/etc/systemd/system
	unit $lib/web-a.service <<<$'ExecStart=/bin/web\nNice=1'
	unit $lib/web-a.service.d/10-a.conf <<<'Nice=2'
	unit $etc/web-a.service.d/10-a.conf <<<'OOMScoreAdjust=3'
	unit $etc/web-.service.d/20-b.conf <<<'UMask=027'
	unit /run/systemd/system/service.d/05-c.conf <<<'OOMScoreAdjust=4'
	unit $lib/web-a.service.d/30-d.conf <<<'Nice=5'
	ln -s /dev/null "$T/root$etc/web-a.service.d/30-d.conf"
	run -0 --separate-stderr import "$T/root$lib/web-a.service"
	[[ $output = *$'\nnice = 1\n'* ]]
	[[ $output = *$'\noom-score-adj = 3\n'* ]]
	[[ $output = *$'\numask = 027\n'* ]]
	ln -s /dev/null "$T/root$etc/web-a.service"
	run -6 import "$T/root$etc/web-a.service"
	[ "$output" = "$T/root$etc/web-a.service: the unit is masked" ]
}

@test "folders of tmpfiles.d below /run are made before each start" {
	unit /lib/systemd/system/a.service \
	    <<<$'ExecStart=/bin/a\nRuntimeDirectory=x a-own/'
	mkdir -p "$T/root/usr/lib/tmpfiles.d"
	cat >"$T/root/usr/lib/tmpfiles.d/a.conf" <<-'E'
	# A comment
	d /run/a 2775 a-user - -
	D	/run/a/b
	d /run/a-own 0700 a-user a-user -
	d /var/log/a 0755 a-user a-user -
	L /run/link - - - - /target
	E
	run -0 --separate-stderr import "$T/root/lib/systemd/system/a.service"
	diff <(grep start-pre <<<"$output") - <<-'E'
	start-pre = +install -d -m 2775 -o a-user -g root /run/a
	start-pre = +install -d -m 0755 -o root -g root /run/a/b
	E
	[[ $stderr = *'a.conf:6: "L /run/link" has no counterpart'* ]]
}

@test "an instance is made of its template's unit" {
	unit /w@.service <<<$'ExecStart=/bin/sleep 100%i\nUser=user%i'
	unit /w@1.service.d/x.conf <<<'Nice=1'
	run -6 import "$T/root/w@.service"
	[[ $output = "$T/root/w@.service:3: User: the instance's name"* ]]
	run -0 --separate-stderr import -w "$T/root/w@1.service"
	grep -qx 'command = /bin/sleep 1001' "$T/hupd.d/w@1.conf"
	grep -qx 'nice = 1' "$T/hupd.d/w@1.conf"
	run -1 import "$T/root/v@1.service"
	[ "$output" = "hupctl: $T/root/v@1.service: No such file or directory" ]
}

@test "a unit that is none is a clear error" {
	cd "$T"
	head -c 5000 /dev/urandom | tr '\n' '\0' >rubbish.service
	run -6 import rubbish.service
	[ "$output" = 'rubbish.service:1: the line contains a NUL byte' ]
	head -c 1200000 /dev/zero | tr '\0' a >long.service
	run -6 import long.service
	[ "$output" = 'long.service: the file is larger than 1024 KiB' ]
	{ echo '[Service]'; yes Nice=1 | head -n 50000; } >lines.service
	run -6 import lines.service
	[ "$output" = 'lines.service:4098: there are more than 4096 assignments' ]
	printf '[Service]\nExecStart=/bin/a%s\n' \
	    "$(yes ' b' | head -n 50000 | tr -d '\n')" >words.service
	run -6 import words.service
	[ "$output" = 'words.service:2: ExecStart: the command has too many words' ]
	printf '[Service]\nExecStart=/bin/a\nUser=%%Z\n' >user.service
	run -6 import user.service
	[ "$output" = 'user.service:3: User: %Z cannot be resolved here' ]
	ln -s loop.service loop.service
	run -1 import loop.service
	[ "$output" = 'hupctl: loop.service: Too many levels of symbolic links' ]
	mkdir folder.service
	run -1 import folder.service
	[ "$output" = 'hupctl: folder.service: Is a directory' ]
	[ -z "$(ls -A -I .lock "$T/hupd.d")" ]
}

@test "a file with a variable is closed to others" {
	unit /a.service <<<$'ExecStart=/bin/a\nEnvironment=PASSWORD=x'
	unit /b.service <<<'ExecStart=/bin/b'
	import -w "$T/root/a.service" "$T/root/b.service" 2>/dev/null
	[ "$(stat -c %a "$T/hupd.d/a.conf")" = 600 ]
	[ "$(stat -c %a "$T/hupd.d/b.conf")" = 644 ]
}

@test "the document of JSON says what became of each line of a unit" {
	unit /a.service <<<$'ExecStart=/bin/a\nNice=1\nNice=2\nLogLevelMax=3'
	import -j "$T/root/a.service" >"$T/a.json" 2>/dev/null
	python3 - "$T/a.json" <<-'E'
	import json, sys
	d = json.load(open(sys.argv[1]))
	s = [(s["line"], s["key"], s["fate"]) for s in d["settings"]]
	assert s == [(2, "ExecStart", "translated"), (3, "Nice", "no-effect"),
	    (4, "Nice", "translated"), (5, "LogLevelMax", "lost")], s
	assert d["settings"][0]["keys"] == "command"
	assert [n["key"] for n in d["notes"] if n["line"]] == ["LogLevelMax"]
	E
}

guide() {
	sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/p" "$TOP/docs/migration.md" |
	    grep -v '^```'
}

@test "the commands of the migration guide do what it says" {
	printf '[program:a]\ncommand=true\n' | supervisord
	printf '#!/bin/sh\nexec %s -f %s/hupd.conf "$@"\n' "$HUPCTL" "$T" \
	    >"$T/hupctl"
	chmod 755 "$T/hupctl"
	cd "$T"
	guide sh >commands
	[ "$(wc -l <commands)" -eq 3 ]
	run -0 env PATH="$T:$PATH" bash -e commands
	[ -e hupd.d/a.conf ]
	[[ $output = *"  + a        added"* ]]
}

# Commands that the guide calls, and hupctl with the configuration of the test.
# tests/init/units.bats runs them in booted roots.
stubs() {
	mkdir "$T/bin"
	printf '#!/bin/sh\nexec %s -f %s/hupd.conf "$@"\n' "$HUPCTL" "$T" \
	    >"$T/bin/hupctl"
	chmod 755 "$T/bin/hupctl"
}

@test "the steps from a unit do what the migration guide says" {
	stubs
	unit /web.service <<-'E'
	ExecStart=/bin/sleep 1000
	[Install]
	WantedBy=multi-user.target
	E
	hupd_start
	{ guide 'sh unit'; guide 'sh start'; } |
	    sed "s|/lib/systemd/system|$T/root|" >"$T/commands"
	lines "$T/commands" 5
	run -0 env PATH="$T/bin:$PATH" bash -e "$T/commands"
	[[ $output = *'init script must not start it as well'* ]]
	[[ $output =~ "+ web "\ *added ]]
	wait_for 5 is_state web up
}

@test "the steps from an init script do what the migration guide says" {
	stubs
	hupd_start
	guide 'sh script' |
	    sed 's|/usr/sbin/web --foreground|sleep 1000|;
		s|runtime-directory=web|nice=1|' >"$T/commands"
	lines "$T/commands" 2
	run -0 env PATH="$T/bin:$PATH" bash -e "$T/commands"
	wait_for 5 is_state web up
	grep -qx 'env-file = -/etc/default/web' "$T/hupd.d/web.conf"
}

@test "the migration guide has each key of supervisord's programs" {
	local key
	sed -n '/^## supervisord/,/^## runit/p' "$TOP/docs/migration.md" |
	    grep '^|' | grep -o '`[a-z_*]*`' | tr -d '`' >"$T/patterns"
	"$HUPD_BUILD/tools/keys" supervisord >"$T/keys"
	lines "$T/keys" 25
	while read -r key; do
		while read -r pattern; do
			# shellcheck disable=SC2053
			[[ $key != $pattern ]] || continue 2
		done <"$T/patterns"
		echo "$key is missing"
		return 1
	done <"$T/keys"
}

@test "the migration guide names keys that there are, and valid files" {
	sed -n 's/^\.It Ic \([^ ]*\).*/\1/p' "$TOP/man/hupd.conf.5" |
	    sort >"$T/keys"
	awk -F ' *[|] *' '/^\|/ && $3 != "key" && $3 !~ /^-/ { print $3 }' \
	    "$TOP/docs/migration.md" | grep -o '`[^`]*`' | tr -d '`' |
	    sort -u >"$T/named"
	[ "$(wc -l <"$T/named")" -gt 30 ]
	[ -z "$(comm -23 "$T/named" "$T/keys")" ]
	guide conf | sed -n '1p' | program first
	guide conf | sed '1d' | program second
	guide 'conf template' | program third@
	ln -s third@.conf "$T/hupd.d/third@1.conf"
	run -0 hupd_env "$HUPD" -f "$T/hupd.conf" -n
}
