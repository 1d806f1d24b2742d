# Tests by force: fuzzing, faults, chaos, valgrind.

# Each tests/fuzz/NAME.c but main.c is a harness, linked with libFuzzer, or by
# afl-clang-fast with what AFL++ has in its place (FUZZER=afl), or with
# FUZZ_ENGINE=tests/fuzz/main.c to run on files.
FUZZ_SECONDS ?= 60
FUZZER ?= libfuzzer
FUZZ_ENGINE ?= -fsanitize=fuzzer
fuzzers = $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,\
	$(filter-out tests/fuzz/main.c,$(wildcard tests/fuzz/*.c)))
fuzzers: $(fuzzers)

$(B)/fuzz/record $(B)/fuzz/control: fuzz_wrap = $(patsubst %,-Wl$(,)--wrap=%,\
	kill spawn process_signal logger_reopen logger_stream_open)
, := ,

$(B)/fuzz/%: tests/fuzz/%.c $(B)/libhupd.a $(B)/flags
	@mkdir -p $(@D)
	$(compile) -MMD -MP -MT $@ -MF $@.d $(LDFLAGS) $(fuzz_wrap) \
	    -o $@ $< $(FUZZ_ENGINE) $(B)/libhupd.a $(bsd_libs)

-include $(wildcard $(B)/fuzz/*.d)

fuzz:
	@FUZZER=$(FUZZER) tests/fuzz/run $(FUZZ_SECONDS)
check-fuzz check-faults check-chaos:
	@tests/run $(@:check-%=%)

faults: all
	@tests/faults/run $(B)

# What befalls hupd at random, and how it looks after each step.
chaos_sources = $(filter-out %/numbers.c,$(wildcard tests/chaos/*.c))
$(B)/chaos/chaos: $(chaos_sources) $(B)/libhupd.a $(B)/flags
	@mkdir -p $(@D)
	$(compile) $(LDFLAGS) -o $@ $(chaos_sources) $(B)/libhupd.a \
	    $(bsd_libs)

$(B)/chaos/numbers: tests/chaos/numbers.c $(B)/flags
	@mkdir -p $(@D)
	$(compile) $(LDFLAGS) -o $@ $<

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
	chaos-tools

help::
	@echo 'make fuzz         each parser for FUZZ_SECONDS=60, by FUZZER=afl if'
	@echo '                  so wanted; check-fuzz is the short form'
	@echo 'make faults       each system call fails; check-faults: some'
	@echo 'make chaos        STEPS=1000 of a random sequence, from SEED=1;'
	@echo '                  CGROUP=off without cgroups; check-chaos: some'
	@echo 'make valgrind     the system tests under valgrind'
