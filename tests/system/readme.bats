#!/usr/bin/env bats
# The commands of README.md are run unchanged, each in the place that the text
# before it describes.

load helper

setup() {
	hupd_setup
	user_setup
	CLONE=$BATS_FILE_TMPDIR/hupd
	chmod a+rx "$BATS_FILE_TMPDIR"
}

# block NAME: the commands of "```sh NAME"; all of them must be there.
block() {
	sed -n "/^\`\`\`sh $1\$/,/^\`\`\`\$/p" "$TOP/README.md" | sed '1d;$d' |
	    grep . || return
}

@test "each block of shell is run by a test" {
	local name
	while read -r name; do
		grep -qsE "(block|shows) $name\b" "$TOP"/tests/{system,init}/*.ba*
	done < <(sed -n 's/^```sh *//p' "$TOP/README.md")
	# A fence without a kind would hide a command from this.
	awk '/^```/ { if (!inside && $0 == "```") exit 1; inside = !inside }' \
	    "$TOP/README.md"
}

# Everything in fences, which needs no translation.
fenced() {
	awk '/^```/ { inside = !inside; print; next } inside' "$1"
}

@test "README.zh-CN.md has the same commands" {
	diff <(fenced "$TOP/README.md") <(fenced "$TOP/README.zh-CN.md")
	[ "$(grep -c '^## ' "$TOP/README.md")" -eq \
	    "$(grep -c '^## ' "$TOP/README.zh-CN.md")" ]
}

links() {
	grep -o ']([^)]*)' "$1" | sed 's/^](//; s/)$//; s/#.*//' | grep -v '^http' |
	    grep . || :
}

# links_lead FOLDER [EXCEPT ...]: each link of a document leads to a file.
links_lead() {
	local file link dir=$1
	shift
	for file in "$dir"/*.md "$dir"/docs/*.md; do
		for link in $(links "$file" | grep -vF "$(printf '%s\n' "${@-//}")"); do
			[ -e "${file%/*}/$link" ] || {
				echo "$file: $link leads nowhere"
				return 1
			}
		done
	done
}

# The second column of the tables, a word a line.
keys_of() {
	sed -n 's/^| [^|]*\(\\|\\|[^|]*\)\? | \([^|]*\) |.*/\2/p' "$1" |
	    grep -o '`[a-z-]*`' | tr -d '`' | sort -u
}

@test "docs/migration.zh-CN.md has the same commands, and keys that exist" {
	local key
	diff <(fenced "$TOP/docs/migration.md") \
	    <(fenced "$TOP/docs/migration.zh-CN.md")
	"$HUPD_BUILD/tools/keys" | cut -f 1 >"$T/keys"
	[ "$(keys_of "$TOP/docs/migration.zh-CN.md" | wc -l)" -gt 30 ]
	for key in $(keys_of "$TOP/docs/migration.zh-CN.md"); do
		grep -qx "$key" "$T/keys" || { echo "no key: $key"; return 1; }
	done
}

@test "links lead somewhere, and the two READMEs have the same" {
	links_lead "$TOP"
	cd "$TOP"
	diff <(links README.md | grep -v README | sort) \
	    <(links README.zh-CN.md | grep -v README | sed 's/\.zh-CN//' | sort)
	# So have the tables of commands.
	diff <(grep -o '^| `hupctl [a-z]*' README.md) \
	    <(grep -o '^| `hupctl [a-z]*' README.zh-CN.md)
}

@test "the picture is what a terminal shows" {
	[ "$(id -u)" -eq 0 ] && unshare -mnp true 2>/dev/null ||
	    skip "needs root and namespaces"
	command -v tmux >/dev/null || skip "needs tmux"
	hupd_env timeout 200 "$TOP/docs/screenshot" "$HUPD_BUILD" >"$T/svg"
	python3 -c 'import sys, xml.dom.minidom as d
texts = [[t.firstChild.data for t in d.parse(f).getElementsByTagName("text")]
         for f in sys.argv[1:]]
for typed in "# hupctl status", "# hupctl reload":
    assert all(typed in t for t in texts)
for words in "did you mean restart?", "rejected, nothing was changed", "failed":
    assert all(words in " ".join(t) for t in texts)' \
	    "$T/svg" "$TOP/docs/screen.svg"
}

@test "clone and make run" {
	[ -e "$TOP/.git" ] || skip "needs a git checkout"
	printf '[safe]\n\tdirectory = *\n' >"$USER_HOME/.gitconfig"
	block try | sed "s|URL|file://$TOP|" >"$T/try"
	grep -q 'git clone file:' "$T/try"
	grep -q '^make run$' "$T/try"
	cd "$BATS_FILE_TMPDIR"
	run -0 env HOME="$USER_HOME" TEST_MARK="$MARK" bash -e "$T/try"
	[[ $output == *"1 restarted"* ]]
	[[ $output == *"greet.conf:3: redy"* ]]
	[[ $output == *"Daemon stop at"* ]]
}

# The daemon of "make run".
demo() {
	hupd_env "$CLONE/build/hupctl" -f "$CLONE/build/run/hupd.conf" "$@" \
	    >/dev/null 2>&1
}

demo_is_gone() {
	run -7 demo ping
}

make_run() {
	hupd_env make -C "$CLONE" run
}

@test "make run ends its daemon if the reader of its output is gone" {
	[ -d "$CLONE" ] || skip "needs the clone"
	local text
	# At the start, and in the middle of something else.
	for text in 'start: hupd says' 'break a file'; do
		make_run 2>"$T/stderr" | sed "/$text/q" >"$T/said"
		grep "$text" "$T/said"
		wait_for 10 demo_is_gone
	done
}

@test "make run ends its daemon if its terminal is closed" {
	[ -d "$CLONE" ] || skip "needs the clone"
	command -v script >/dev/null || skip "needs script(1)"
	HUPD_EXEC="exec" hupd_env script -qfec "make -C $CLONE run" \
	    "$T/typescript" >/dev/null </dev/null &
	local terminal=$!
	wait_for 60 grep -q 'until Ctrl-C' "$T/typescript"
	demo ping
	kill -9 "$terminal"
	wait_for 10 demo_is_gone
	wait_for 10 none_left
}

@test "make run ends its daemon if it is hung up" {
	[ -d "$CLONE" ] || skip "needs the clone"
	HUPD_EXEC="exec" hupd_env bash "$CLONE/examples/demo.sh" \
	    >"$T/said" 2>&1 </dev/null &
	local demo=$!
	wait_for 60 demo ping
	kill -HUP "$demo"
	wait "$demo"
	grep 'Daemon stop at' "$T/said"
	demo_is_gone
}

@test "the example is right, and reloads" {
	[ -d "$CLONE" ] || skip "needs the clone"
	as_user hupd
	# shellcheck disable=SC2016
	sed -n '/^```conf$/,/^```$/p' "$TOP/README.md" | sed '1d;$d' |
	    grep -v '^user = ' | user_program web
	run -0 as_user hupctl reload
	[[ $output == *"1 added"* ]]
	run -0 as_user hupctl status web
	kill "$(cat "$USER_HOME/run/hupd/hupd.pid")"
}

# shows NAME STATUS: the commands have just the output that the text shows.
shows() {
	local folder=$USER_HOME/config/hupd/hupd.d
	block "$1" | sed "s|/etc/hupd.d|$folder|" >"$T/block"
	sed -n "/^\`\`\`text $1\$/,/^\`\`\`\$/p" "$TOP/README.md" |
	    sed "1d;\$d; s|/etc/hupd.d|$folder|" >"$T/text"
	run "-$2" as_user bash -e "$T/block"
	echo "$output" | diff "$T/text" -
}

@test "a first program, a change, a mistake" {
	as_user hupd
	block add >"$T/add"
	run -0 as_user setsid -w bash -e "$T/add"
	[[ $output == *"+ ping"*up* ]]
	run -0 as_user hupctl status ping
	shows change 0
	shows mistake 6
	run -0 as_user hupctl status ping
	block remove >"$T/remove"
	run -0 as_user bash -e "$T/remove"
	run -3 as_user hupctl status ping
	kill "$(cat "$USER_HOME/run/hupd/hupd.pid")"
}

@test "build and install" {
	[ -d "$CLONE" ] || skip "needs the clone"
	block install >"$T/install"
	cd "$CLONE"
	run -0 env DESTDIR="$T/dest" bash -e "$T/install"
	[ -x "$T/dest/usr/local/sbin/hupd" ]
	[ -x "$T/dest/usr/local/bin/hupctl" ]
	[ -f "$T/dest/usr/local/share/man/man5/hupd.conf.5" ]
	# The links of the documents lead to files that are installed as well.
	links_lead "$T/dest/usr/local/share/doc/hupd" man/ LICENSE
}

@test "each line of the installed hupd.conf is accepted" {
	sed -n 's/^#\([a-z]\)/\1/p' "$TOP/conf.d/hupd.conf" |
	    grep -v -e '-dir =' >>"$T/hupd.conf"
	sed -i "s/= adm$/= $(id -gn)/; /^settle-time/d; s|/usr/local/sbin/.*|/bin/true|" \
	    "$T/hupd.conf"
	run -0 hupd_env "$HUPD" -n -f "$T/hupd.conf"
	[ -z "$output" ]
	# The others show defaults.
	local key value
	while read -r key _ value; do
		grep -A 30 "^\.It Ic $key No" "$TOP/man/hupd.conf.5" |
		    grep -m 1 -A 1 '^The default is' | grep -qx ".Cm $value ."
	done < <(sed -n 's/^#\([a-z-]*-dir .*\|syslog .*\|log-.*\|restart-limit .*\)/\1/p' \
	    "$TOP/conf.d/hupd.conf")
}

@test "rootless" {
	[ -d "$CLONE" ] || skip "needs the clone"
	block rootless >"$T/rootless"
	mkdir -m 755 "$T/work"
	cp -r "$HUPD_BUILD/hupd" "$HUPD_BUILD/hupctl" "$T/work"
	ln -s . "$T/work/build"
	mkdir "$USER_HOME/.config"
	[ "$(id -u)" -ne 0 ] || chown nobody: "$USER_HOME/.config"
	run -0 as_user env -u XDG_CONFIG_HOME -u XDG_STATE_HOME \
	    bash -ec "cd $T/work; . $T/rootless"
	[[ $output == *ping*up* ]]
}

@test "the block that runs the tests names a target" {
	run -0 block check
	[ "$output" = "make check" ]
	make -C "$TOP" -n check >/dev/null
}
