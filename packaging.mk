# Installing and packaging: install, uninstall, dist, deb, rpm.
#
# INIT selects the init script: sysv (the LSB script), openrc, or none.  The
# folders of init systems do not depend on PREFIX or SYSCONFDIR; a package may
# move them with INITDIR, DEFAULTDIR and UNITDIR.

INIT = sysv
INITDIR = /etc/init.d
DEFAULTDIR = $(if $(filter openrc,$(INIT)),/etc/conf.d,/etc/default)
LOGROTATEDIR = /etc/logrotate.d
# If empty, no systemd unit is installed.
UNITDIR =

BINDIR = $(PREFIX)/bin
SBINDIR = $(PREFIX)/sbin
DATADIR = $(PREFIX)/share
MANDIR = $(DATADIR)/man
DOCDIR = $(DATADIR)/doc/hupd
COMPLETIONDIR = $(DATADIR)/bash-completion/completions
ZSHDIR = $(DATADIR)/zsh/site-functions
FISHDIR = $(DATADIR)/fish/vendor_completions.d

install_program = install -D -m 755
install_data = install -D -m 644
# The scripts in the source tree are for PREFIX=/usr.
install_script = sed -e 's|/usr/sbin/hupd|$(SBINDIR)/hupd|' \
	-e 's|/usr/bin/hupctl|$(BINDIR)/hupctl|' \
	-e 's|/usr/share/hupd|$(DATADIR)/hupd|' $(1) >$(B)/script.tmp && \
	install -D -m $(3) $(B)/script.tmp $(DESTDIR)$(2) && rm $(B)/script.tmp

manuals = $(notdir $(wildcard man/*.[1-8]))
manual_path = $(MANDIR)/man$(subst .,,$(suffix $(1)))/$(1)

# README.md and all that its links lead to, besides manuals and licence.
documents = $(wildcard README*.md CONTRIBUTING.md docs/*.md docs/*.svg \
	examples/*.conf examples/services/*.conf examples/Containerfile examples/src/* \
	examples/monitoring/* examples/ansible/*.* \
	examples/ansible/roles/hupd/*/*)
scripts = $(wildcard examples/on-failure/*)

install: all install-init-$(INIT)
	$(install_program) $(B)/hupd $(DESTDIR)$(SBINDIR)/hupd
	$(install_program) $(B)/hupctl $(DESTDIR)$(BINDIR)/hupctl
	install -d -m 755 $(DESTDIR)$(SYSCONFDIR)/hupd.d
	[ -e $(DESTDIR)$(SYSCONFDIR)/hupd.conf ] || \
	    $(install_data) conf.d/hupd.conf $(DESTDIR)$(SYSCONFDIR)/hupd.conf
	$(foreach m,$(manuals),$(install_data) man/$(m) \
	    $(DESTDIR)$(call manual_path,$(m)) &&) :
	$(install_data) completions/hupctl \
	    $(DESTDIR)$(COMPLETIONDIR)/hupctl
	$(install_data) completions/_hupctl $(DESTDIR)$(ZSHDIR)/_hupctl
	$(install_data) completions/hupctl.fish \
	    $(DESTDIR)$(FISHDIR)/hupctl.fish
	$(foreach d,$(documents),$(install_data) $(d) $(DESTDIR)$(DOCDIR)/$(d) &&) :
	$(foreach s,$(scripts),$(install_program) $(s) $(DESTDIR)$(DOCDIR)/$(s) &&) :

install-init-none:

install-init-sysv: all install-service
	$(call install_script,init.d/hupd,$(INITDIR)/hupd,755)
	$(call install_script,init.d/hupd-program,$(DATADIR)/hupd/hupd-program,755)

# OpenRC accepts a link as a service only if its target is in the same folder.
install-init-openrc: all install-service
	$(call install_script,init.d/openrc-run,$(DATADIR)/hupd/openrc-run,755)
	$(call install_script,init.d/hupd.openrc,$(INITDIR)/hupd,755)
	$(call install_script,init.d/hupd-program.openrc,$(INITDIR)/hupd-program,755)

# An administrator's settings are not overwritten.
install-service: all
	$(call install_script,init.d/functions,$(DATADIR)/hupd/functions,644)
	[ -e $(DESTDIR)$(DEFAULTDIR)/hupd ] || \
	    $(install_data) conf.d/hupd $(DESTDIR)$(DEFAULTDIR)/hupd
	$(call install_script,conf.d/hupd.logrotate,$(LOGROTATEDIR)/hupd,644)
	[ -z "$(UNITDIR)" ] || { \
	    $(call install_script,init.d/hupd.service,$(UNITDIR)/hupd.service,644); }

# Keeps the administrator's files: programs, hupd.conf, changed settings.
uninstall:
	rm -f $(DESTDIR)$(SBINDIR)/hupd $(DESTDIR)$(BINDIR)/hupctl \
	    $(foreach m,$(manuals),$(DESTDIR)$(call manual_path,$(m))) \
	    $(DESTDIR)$(COMPLETIONDIR)/hupctl $(DESTDIR)$(ZSHDIR)/_hupctl \
	    $(DESTDIR)$(FISHDIR)/hupctl.fish $(DESTDIR)$(INITDIR)/hupd \
	    $(DESTDIR)$(INITDIR)/hupd-program \
	    $(DESTDIR)$(LOGROTATEDIR)/hupd
	[ -z "$(UNITDIR)" ] || rm -f $(DESTDIR)$(UNITDIR)/hupd.service
	rm -rf $(DESTDIR)$(DOCDIR) $(DESTDIR)$(DATADIR)/hupd
	! cmp -s conf.d/hupd $(DESTDIR)$(DEFAULTDIR)/hupd || \
	    rm -f $(DESTDIR)$(DEFAULTDIR)/hupd
	! cmp -s conf.d/hupd.conf $(DESTDIR)$(SYSCONFDIR)/hupd.conf || \
	    rm -f $(DESTDIR)$(SYSCONFDIR)/hupd.conf
	[ ! -d $(DESTDIR)$(SYSCONFDIR)/hupd.d ] || rmdir \
	    --ignore-fail-on-non-empty $(DESTDIR)$(SYSCONFDIR)/hupd.d

# All packed files have the date of the newest entry in debian/changelog.
release_date = $(or $(SOURCE_DATE_EPOCH),$(shell \
	date +%s -d "$$(sed -n 's/^ -- .*>  //p' debian/changelog | head -n 1)"))
dist_name = hupd-$(VERSION)
dist_file = build/$(dist_name).tar.gz

# The tree without the files that git ignores; without git, without build/.
dist:
	@mkdir -p build
	if git ls-files --error-unmatch Makefile >/dev/null 2>&1; then \
	    git ls-files -co --exclude-standard; \
	else \
	    find . -path ./build -prune -o -path ./.git -prune -o ! -type d -print; \
	fi | \
	    while IFS= read -r f; do \
		if [ -e "$$f" ] || [ -L "$$f" ]; then echo "./$${f#./}"; fi; \
	    done | LC_ALL=C sort >build/dist.list
	tar -cf - --no-recursion --owner=0 --group=0 --numeric-owner \
	    --format=gnu --mode=u+w,go+rX,go-w --mtime=@$(release_date) \
	    --transform='flags=r;s|^\.|$(dist_name)|' -T build/dist.list | \
	    gzip -9n >$(dist_file)
	@rm build/dist.list

# Built in a copy: the tree stays unchanged.
deb: dist
	rm -rf build/deb
	mkdir -p build/deb/src
	tar -C build/deb/src --strip-components=1 -xf $(dist_file)
	cd build/deb/src && env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS \
	    dpkg-buildpackage -us -uc -b $(DEB_FLAGS)
	mv build/deb/*.deb build/deb/*.changes build/deb/*.buildinfo build/

rpm: dist
	rm -rf build/rpm
	SOURCE_DATE_EPOCH=$(release_date) env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS \
	    rpmbuild --quiet --nodeps -bb \
	    --define '_topdir $(CURDIR)/build/rpm' \
	    --define '_sourcedir $(CURDIR)/build' \
	    --define '_rpmdir $(CURDIR)/build' \
	    --define '_build_name_fmt %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm' \
	    --define 'use_source_date_epoch_as_buildtime 1' \
	    --define 'clamp_mtime_to_source_date_epoch 1' \
	    --define '_buildhost localhost' \
	    --define 'file_prefix_map -ffile-prefix-map=$(CURDIR)/build/rpm/BUILD=.' \
	    $(RPM_FLAGS) rpm/hupd.spec

.PHONY: install install-init-none install-init-sysv install-init-openrc \
	install-service uninstall dist deb rpm

help::
	@echo 'make install      with INIT=sysv, openrc or none; uninstall'
	@echo 'make dist         build/hupd-VERSION.tar.gz'
	@echo 'make deb rpm      packages, in build/'
