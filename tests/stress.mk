# Stress tests: fuzzing, failing system calls, chaos, valgrind.

# Each tests/fuzz/NAME.c but main.c is a harness.  It is linked with libFuzzer;
# with AFL++ by afl-clang-fast (FUZZER=afl); or, to run it on files, with
# FUZZ_ENGINE=tests/fuzz/main.c.
FUZZ_SECONDS ?= 60
FUZZER ?= libfuzzer
FUZZ_ENGINE ?= -fsanitize=fuzzer
fuzzers = $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,\
	$(filter-out tests/fuzz/main.c,$(wildcard tests/fuzz/*.c)))
fuzzers: $(fuzzers)

$(B)/fuzz/record $(B)/fuzz/control: fuzz_wrap = $(patsubst %,-Wl$(,)--wrap=%,\
	kill spawn process_signal logger_reopen logger_stream_open)
$(B)/fuzz/reports: fuzz_wrap = $(patsubst %,-Wl$(,)--wrap=%,\
	spawn process_signal)
$(B)/fuzz/notifysocket: fuzz_wrap = -Wl,--wrap=closer_close
, := ,

$(B)/fuzz/%: tests/fuzz/%.c $(B)/libhupd.a $(B)/flags
	@mkdir -p $(@D)
	$(compile) -MMD -MP -MT $@ -MF $@.d $(link_flags) $(fuzz_wrap) \
	    -o $@ $< $(FUZZ_ENGINE) $(B)/libhupd.a $(seccomp_libs) \
	    $(cap_libs) $(bsd_libs)

-include $(wildcard $(B)/fuzz/*.d)

fuzz:
	@FUZZER=$(FUZZER) tests/fuzz/run $(FUZZ_SECONDS)
check-fuzz check-faults check-chaos:
	@tests/run $(@:check-%=%)

faults: all
	@tests/faults/run $(B)

# Random configurations, with a check of every promise about them.
model: all
	@tests/model/run $(B) --seed $(SEED) --steps $(STEPS)

# Random events, with a check of the whole state after each.
chaos_sources = $(filter-out %/numbers.c,$(wildcard tests/chaos/*.c))
$(B)/chaos/chaos: $(chaos_sources) $(B)/libhupd.a $(B)/flags
	@mkdir -p $(@D)
	$(compile) $(link_flags) -o $@ $(chaos_sources) $(B)/libhupd.a \
	    $(bsd_libs)

$(B)/chaos/numbers: tests/chaos/numbers.c $(B)/flags
	@mkdir -p $(@D)
	$(compile) $(link_flags) -o $@ $<

$(B)/chaos/chaos $(B)/chaos/numbers: $(wildcard tests/chaos/*.h)

chaos-tools: $(B)/chaos/chaos $(B)/chaos/numbers

SEED = 1
STEPS = 1000
CGROUP = auto
chaos: all chaos-tools
	$(B)/chaos/chaos -v -c $(CGROUP) -n $(STEPS) -s $(SEED) $(B)

valgrind:
	@tests/run valgrind

.PHONY: valgrind fuzzers fuzz check-fuzz faults check-faults chaos check-chaos \
	chaos-tools model

help::
	@echo 'make fuzz         fuzz each parser for FUZZ_SECONDS=60, with libFuzzer'
	@echo '                  or FUZZER=afl; check-fuzz: one second each'
	@echo 'make faults       let each system call fail; check-faults: a selection'
	@echo 'make chaos        STEPS=1000 random events from SEED=1; CGROUP=off'
	@echo '                  without cgroups; check-chaos: 100 steps'
	@echo 'make model        STEPS=1000 random configurations from SEED=1; check-model:'
	@echo '                  40 of them'
	@echo 'make valgrind     the system tests under valgrind'
