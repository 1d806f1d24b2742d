# shellcheck shell=bash disable=SC2154
# deb.bash - what the tests of the Debian package share.

install_deb() {
	cp "$1" "$(root)/root/hupd.deb"
	x dpkg --install /root/hupd.deb
}

upgrade_deb() {
	local before
	programs
	I start
	wait_for 5 keeper_pid front
	before=$(pids)
	install_deb "$LATER_DEB"
	[ "$(pids)" = "$before" ]
	run -0 I status
	upgraded
	install_deb "$DEB"
	[ "$(pids)" = "$before" ]
}

upgrade_deb_edited() {
	local before
	programs
	I start
	wait_for 5 keeper_pid front
	before=$(pids)
	x sh -c 'echo HUPD_OPTS=-v >>/etc/default/hupd'
	x sh -c "echo garbage >$CONF/base.conf.dpkg-dist"
	cp "$LATER_DEB" "$(root)/root/hupd.deb"
	x dpkg --install --force-confold /root/hupd.deb
	run -0 x grep -x HUPD_OPTS=-v /etc/default/hupd
	run -0 I reload
	[ "$(pids)" = "$before" ]
	cp "$DEB" "$(root)/root/hupd.deb"
	x dpkg --install --force-confnew --force-confask /root/hupd.deb
	x sh -c 'rm -f /etc/default/hupd.dpkg-*; sed -i /^HUPD_OPTS/d \
	    /etc/default/hupd'
}

upgrade_deb_rejected() {
	local before
	programs
	I start
	wait_for 5 keeper_pid front
	before=$(pids)
	bad_program
	cp "$LATER_DEB" "$(root)/root/hupd.deb"
	run -0 x dpkg --install /root/hupd.deb
	echo "$output"
	[ "$(pids)" = "$before" ]
	[[ $output == *"$CONF/bad.conf:2: comand: "* ]]
	# Nor does it fail where hupd cannot start at all.
	service_reset
	bad_program
	run -0 x dpkg --install /root/hupd.deb
	[[ $output == *"$CONF/bad.conf:2: comand: "* ]]
	rm "$(root)$CONF/bad.conf"
	install_deb "$DEB"
}

remove_deb() {
	programs
	I start
	wait_for 5 keeper_pid front
	x dpkg --remove hupd
	[ -z "$(hupd_processes)" ]
	refute keeper_pid base
	# It stays as a configuration file, which debhelper makes no program.
	run -0 x sh /etc/init.d/hupd start
	[ "$output" = "hupd is not installed" ]
	run -3 x sh /etc/init.d/hupd status
	x dpkg --purge hupd
	[ ! -e "$(root)/etc/init.d/hupd" ]
	[ ! -e "$(root)/etc/default/hupd" ]
	[ ! -e "$(root)/var/log/hupd" ]
	[ ! -e "$(root)/var/lib/hupd" ]
	[ -e "$(root)$CONF/base.conf" ]
}

readme_deb() {
	local block
	x dpkg --purge hupd
	block=$(readme_block debian)
	[ "$(grep -c '^make deb$' <<<"$block")" -eq 1 ]
	x mkdir -p /root/clone/build
	cp "$DEB" "$(root)/root/clone/build/"
	grep -v '^make ' <<<"$block" >"$(root)/root/clone/block"
	x sh -ec 'cd /root/clone; . ./block'
	run -0 I status
}
