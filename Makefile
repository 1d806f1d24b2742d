# hupd - see "make help".

VERSION = 0.1.0

# The user's: CC, CPPFLAGS, CFLAGS, LDFLAGS, DESTDIR and these.
PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
CFLAGS ?= -O2 -g
PKG_CONFIG ?= pkg-config

# B: where everything made lies; the sanitized build has a folder of its own.
B = build

# The modules, layer by layer.  A file includes downwards only; within a layer
# it may include what tests/lint/edges names.  tests/lint/layers checks both.
layer0 = log mono text words escape
layer1 = diag confdef confstore conftype conflist conftable conf confparse \
	confprint confset envfile envlist plan order backoff fsm proto report \
	loglines
layer2 = loop spawn process record cgroup orphan folder detach safefile accounts \
	resolve confdir confenv confsave confplaces notify streamconf devlog \
	journal logfile logbatch logtake logpump logmsg logproc logtell \
	outfifo logger_int logger logger_life logger_link
layer3 = prog_int progs progspawn progrecord adopt prog progask proginfo action settle daemon \
	client rejection reload statusline waiter request control
layer4 = hupd self serve guard inherit reexec hupctl ctl ctl_act ctl_ask ctl_chain ctl_check ctl_conn \
	ctl_emit ctl_follow ctl_json ctl_log ctl_place ctl_plain ctl_reexec \
	ctl_reload \
	ctl_reply ctl_report ctl_running ctl_status ctl_summary ctl_table \
	ctl_tail ctl_utf8
modules = $(layer0) $(layer1) $(layer2) $(layer3) $(layer4)

# The project's own flags; the user's come after them.
bsd_cflags := $(shell $(PKG_CONFIG) --cflags libbsd-overlay 2>/dev/null)
bsd_libs := $(shell $(PKG_CONFIG) --libs libbsd-overlay 2>/dev/null)
hupd_cppflags = -D_GNU_SOURCE -DLIBBSD_OPENBSD_VIS $(bsd_cflags) \
	-DHUPD_VERSION='"$(VERSION)"' -DHUPD_SYSCONFDIR='"$(SYSCONFDIR)"'
hupd_cflags = -std=gnu17 -Wall -Wextra -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wcast-qual -Wwrite-strings -Wformat=2 -Wvla \
	-Wundef -Wswitch-enum -Wconversion -Wno-sign-conversion \
	$(if $(WERROR),-Werror)
compile = $(CC) $(hupd_cppflags) $(CPPFLAGS) $(hupd_cflags) $(CFLAGS)
link = $(CC) $(CFLAGS) $(LDFLAGS)

all: $(B)/hupd $(B)/hupctl

# All but the mains is an archive, so that each binary and each test pulls in
# what it uses and nothing more.  A module may be a header alone.
mains = hupd hupctl
parts = $(basename $(notdir $(wildcard $(patsubst %,src/%.c,\
	$(filter-out $(mains),$(modules))))))

$(B)/hupd $(B)/hupctl: $(B)/%: $(B)/obj/%.o $(B)/libhupd.a
	$(link) -o $@ $^ $(bsd_libs)

$(B)/libhupd.a: $(parts:%=$(B)/obj/%.o)
	rm -f $@
	$(AR) rcs $@ $^

$(B)/obj/%.o: src/%.c $(B)/flags | $(if $(bsd_libs),,no-libbsd)
	@mkdir -p $(@D)
	$(compile) -MMD -MP -c -o $@ $<

# Other flags, other objects.
$(B)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(subst ','\'',$(compile) $(link))' | cmp -s - $@ || \
	    echo '$(subst ','\'',$(compile) $(link))' >$@

no-libbsd:
	@echo 'hupd needs libbsd and pkg-config, which were not found:' >&2
	@echo '  Debian, Devuan  apt-get install gcc make pkg-config libbsd-dev' >&2
	@echo '  Alpine          apk add build-base pkgconf libbsd-dev' >&2
	@echo '  Gentoo          emerge dev-libs/libbsd virtual/pkgconfig' >&2
	@echo '  Fedora, RHEL    dnf install gcc make pkgconf libbsd-devel' >&2
	@false

# A unit test links what it uses of its own layer and below.
unit_tests = $(patsubst tests/unit/%_test.c,$(B)/unit/%_test,\
	$(wildcard tests/unit/*_test.c))
unit: $(unit_tests)

$(B)/unit/%_test: tests/unit/%_test.c $(B)/libhupd.a $(B)/flags
	@mkdir -p $(@D)
	$(compile) -Isrc -MMD -MP -MT $@ -MF $@.d $(LDFLAGS) -o $@ $< \
	    $(B)/libhupd.a -lcmocka $(bsd_libs)

# Programs that the tests and the examples run.
$(B)/examples/%: examples/src/%.c $(B)/flags
	@mkdir -p $(@D)
	$(compile) -MMD -MP -MT $@ -MF $@.d $(LDFLAGS) -o $@ $<

$(B)/tools/%: tests/tools/%.c $(B)/libhupd.a $(B)/flags
	@mkdir -p $(@D)
	$(compile) -Isrc -MMD -MP -MT $@ -MF $@.d $(LDFLAGS) -o $@ $< \
	    $(B)/libhupd.a $(bsd_libs)

tools: $(patsubst tests/tools/%.c,$(B)/tools/%,$(wildcard tests/tools/*.c)) \
	$(patsubst examples/src/%.c,$(B)/examples/%,$(wildcard examples/src/*.c))

-include $(wildcard $(B)/obj/*.d $(B)/unit/*.d $(B)/tools/*.d $(B)/examples/*.d)

run:
	@examples/demo.sh

# The suites; tests/run sums up what they say.
check:
	@tests/run lint unit golden system san init
check-unit check-golden check-system check-san check-init lint:
	@tests/run $(@:check-%=%)

coverage:
	@tests/coverage

# What tests/lint/layers reads.
print-layers:
	@echo '$(layer0)'
	@echo '$(layer1)'
	@echo '$(layer2)'
	@echo '$(layer3)'
	@echo '$(layer4)'

# What tests/lint/run compiles with.
print-flags:
	@printf '%s\n' $(hupd_cppflags) $(hupd_cflags)

print-version:
	@echo '$(VERSION)'

clean:
	rm -rf build

help::
	@echo 'make              build/hupd and build/hupctl'
	@echo 'make run          show what hupd does, with programs of its own'
	@echo 'make check        every test; check-unit, check-golden,'
	@echo '                  check-system, check-san, check-init and lint'
	@echo '                  are its parts'
	@echo 'make coverage     which lines the tests reach'
	@echo 'make clean        remove build/'
	@echo 'Variables: CC CPPFLAGS CFLAGS LDFLAGS DESTDIR PREFIX SYSCONFDIR,'
	@echo 'WERROR=1 to have warnings fail the build.'

.PHONY: all unit tools run check check-unit check-golden check-system \
	check-san check-init lint coverage print-layers print-flags \
	print-version clean help no-libbsd FORCE
.SECONDARY:
.DELETE_ON_ERROR:

-include mk/packaging.mk
-include mk/torture.mk
