# make [TARGET=aarch64]   the program: build/ecrbox, static
# make test | test-all    all that takes under 10 minutes | the slow cases too
# make unit [T=json]      unit tests, sanitized
# make black-box [K=dns]  pytest cases against what is shipped
# make fuzz [F=json] [SECONDS=60]
# make check-memory       unit and black-box tests under MemorySanitizer
# make coverage           build/coverage.txt: lines, and messages, not reached
# make lint, repro, bench, demo, size, clean
# make install [DESTDIR=] [PREFIX=/usr/local] [LINKS="aws crane"], dist
#
# Settings may be given on the command line or in config.mk. BUILD=/tmp/b makes
# everything elsewhere; CORE='core/base/*.c' narrows what tests are linked to.
-include config.mk
export LC_ALL := C

PREFIX ?= /usr/local
BUILD ?= build
DEPS ?= build/deps
BEARSSL ?= $(DEPS)/bearssl
JSMN ?= /usr/include/jsmn.h
ROOTS ?= /usr/share/ca-certificates/mozilla
VECTORS ?= ../shared/vectors
SECONDS ?= 60
# Black-box cases at once, each in a network of its own; mostly they wait.
JOBS ?= $(if $(filter 0,$(shell id -u)),4,1)

override CORE := $(sort $(wildcard $(or $(CORE),core/*.c core/*/*.c)))
APPLETS := $(filter-out applets/main.c,$(sort $(wildcard applets/*.c)))
PAGES := $(sort $(wildcard applets/*.[157]))
UNIT := $(patsubst tests/unit/test_%.c,%,$(sort $(wildcard tests/unit/test_*.c)))
UNIT_HELP := $(filter-out tests/unit/test_%,$(sort $(wildcard tests/unit/*.c)))
FUZZ := $(patsubst tests/fuzz/fuzz_%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))

WARN = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wwrite-strings \
    -Wstrict-prototypes -Wmissing-prototypes -Wvla
# -iquote: "sys/file.h" is ours, <sys/file.h> the system's.
CPPFLAGS = -D_DEFAULT_SOURCE -D_GNU_SOURCE -iquote core -iquote . \
    -iquote $(BUILD) -isystem $(BEARSSL)/inc -isystem $(DEPS)/include

# What is shipped. No position-independent code, since nothing relocates it; no
# unwind tables, since nothing unwinds; no paths of this machine, so that a
# build can be repeated.
#
# -z norelro gives nothing away: RELRO makes read-only what a dynamic linker
# has written, and a static program at a fixed address has no such thing; its
# constant tables are in .rodata from the start. -z noseparate-code saves the
# page-sized gaps between segments.
#
# Arranging code by what seems likely makes it larger.
SMALL = -fno-guess-branch-probability -fno-pie -ffunction-sections -fdata-sections \
    -fno-asynchronous-unwind-tables -fno-unwind-tables \
    -ffile-prefix-map=$(CURDIR)=. -ffile-prefix-map=$(abspath $(BUILD))=build \
    -ffile-prefix-map=$(abspath $(BEARSSL))=bearssl
# BearSSL is optimized as one, which saves 3 KB; make size goes without, for then
# the linker still knows what came from where. Our own code is not: at link time
# GCC no longer sees arrays of char, and leaves their functions unprotected.
LTO = -flto -flto-partition=one
STATIC = $(LTO) -static -no-pie -s -Wl,--build-id=none -Wl,--gc-sections \
    -Wl,-z,noseparate-code -Wl,-z,norelro -Wl,-Map=$@.map
ASAN = -O1 -g -fno-omit-frame-pointer -fsanitize=address
UBSAN = -fsanitize=undefined -fno-sanitize-recover=all
MSAN = -O1 -g -fno-omit-frame-pointer -fsanitize=memory \
    -fsanitize-memory-track-origins -fsanitize-ignorelist=tests/msan.ignore

# A flavour is a compiler with flags for our code, BearSSL and linking. Each has
# its own directory under build.
CC_musl = musl-gcc
CFLAGS_musl = -Oz -fstack-protector $(SMALL)
BEARFLAGS_musl = -Oz $(LTO) $(SMALL)
LDFLAGS_musl = $(STATIC)

CC_aarch64 = aarch64-linux-gnu-gcc -specs $(NEEDS_aarch64)/musl-gcc.specs
CFLAGS_aarch64 = $(CFLAGS_musl)
BEARFLAGS_aarch64 = $(BEARFLAGS_musl)
LDFLAGS_aarch64 = $(STATIC)
NEEDS_aarch64 = $(DEPS)/musl-arm64

CC_san = gcc
CFLAGS_san = $(ASAN) $(UBSAN)
BEARFLAGS_san = $(ASAN)
LDFLAGS_san = $(ASAN) $(UBSAN)

CC_fuzz = clang
CFLAGS_fuzz = $(ASAN) $(UBSAN) -fsanitize=fuzzer-no-link
BEARFLAGS_fuzz = $(ASAN)
LDFLAGS_fuzz = $(ASAN) $(UBSAN) -fsanitize=fuzzer

CC_msan = clang
CFLAGS_msan = $(MSAN)
BEARFLAGS_msan = $(MSAN)
LDFLAGS_msan = $(MSAN)

# Not optimised: a line counted is a line written. A child that leaves by
# _exit() would keep its counts to itself.
CC_cov = gcc
CFLAGS_cov = -O0 -g --coverage -D_exit=exit
BEARFLAGS_cov = -O1
LDFLAGS_cov = --coverage

SHIPPED = $(or $(TARGET),musl)
PROGRAM = $(BUILD)$(TARGET:%=/%)/ecrbox
PROBE = $(BUILD)/musl/sandbox/probe
TRESPASS = $(BUILD)/musl/sandbox/trespass
RUN = $(TARGET:%=qemu-%-static)

# How strict the sandbox is. What is shipped is to do nothing at all beyond what
# it says; sanitized builds show that what users have works as well; and counts
# of coverage are written at the very end, which no sandbox lets through.
SANDBOX = strict
SANDBOX_san = on
SANDBOX_msan = on
SANDBOX_cov = off

# Tests run without the caller's settings (AWS_*, SSL_CERT_FILE, proxies).
CLEAN = env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
    ECRBOX_VECTORS=$(abspath $(VECTORS)) \
    ECRBOX_KUBERNETES=$(abspath $(DEPS)/kubernetes)
PYTEST = $(CLEAN) ECRBOX=$(abspath $<) ECRBOX_PROBE=$(abspath $(PROBE)) \
    ECRBOX_TRESPASS=$(abspath $(TRESPASS)) ECRBOX_SANDBOX=$(SANDBOX) \
    /usr/bin/python3 -B -m pytest -q -p no:cacheprovider tests/cli \
    $(if $K,-k '$K',-n $(JOBS) --dist loadfile)
AGAIN = @$(MAKE) --no-print-directory

# The pages stand beside the program, where --install looks for them.
MAN := $(PAGES:applets/%=$(dir $(PROGRAM))man/%)
all: $(PROGRAM) $(MAN)
$(dir $(PROGRAM))man/%: applets/%
	$(Q)mkdir -p $(@D) && cp $< $@

# V=1 shows the commands. KIND is the flavour of what is made.
Q = $(if $V,,@echo '  $@';)
COMPILE = $(Q)mkdir -p $(@D) && $(CC_$(KIND)) -std=c11 $(WARN) $(CPPFLAGS) \
    $(CFLAGS_$(KIND)) -MMD -MP -c -o $@ $<
ARCHIVE = $(Q)rm -f $@ && ar qcs $@ $^
LINK = $(Q)mkdir -p $(@D) && $(CC_$(KIND)) $(LDFLAGS_$(KIND)) -o $@ $^
FIRST = $(BUILD)/version.h $(BEARSSL) $(DEPS)/include/jsmn.h
LIBS = libapplets.a libcore.a libbearssl.a

define flavour
$(BUILD)/$1/%: KIND = $1
$(BUILD)/$1/%.o: %.c Makefile | $(FIRST) $(NEEDS_$1)
	$$(COMPILE)
$(BUILD)/$1/roots.o: $(BUILD)/roots.c Makefile | $(FIRST) $(NEEDS_$1)
	$$(COMPILE)
$(BUILD)/$1/libapplets.a: $(APPLETS:%.c=$(BUILD)/$1/%.o)
	$$(ARCHIVE)
$(BUILD)/$1/libcore.a: $(CORE:%.c=$(BUILD)/$1/%.o) $(BUILD)/$1/roots.o
	$$(ARCHIVE)
$(BUILD)/$1/libtest.a: $(UNIT_HELP:%.c=$(BUILD)/$1/%.o)
	$$(ARCHIVE)
$(BUILD)/$1/libbearssl.a: scripts/bearssl.mk Makefile | $(FIRST) $(NEEDS_$1)
	+$$(AGAIN) -f $$< SRC='$(BEARSSL)' OUT='$$(@D)' CC='$(CC_$1)' \
	    CFLAGS='$(BEARFLAGS_$1)'
endef
$(foreach f,musl aarch64 san msan cov fuzz,$(eval $(call flavour,$f)))

# The flavours that tests are run with.
define tested
$(BUILD)/$1/ecrbox: $(addprefix $(BUILD)/$1/,applets/main.o $(LIBS))
	$$(LINK)
$(BUILD)/$1/unit/%: $(addprefix $(BUILD)/$1/,tests/unit/test_%.o libtest.a $(LIBS))
	$$(LINK) -lcmocka
unit-$1-%: $(BUILD)/$1/unit/%
	@scripts/quietly 'unit $$*, $1' $$< $$(CLEAN) $$<
black-box-$1: SANDBOX = $$(SANDBOX_$1)
black-box-$1: $(BUILD)/$1/ecrbox $(PROBE) $(TRESPASS)
	$$(PYTEST) -m 'not slow'
endef
$(foreach f,san msan cov,$(eval $(call tested,$f)))

$(PROGRAM): KIND = $(SHIPPED)
$(PROGRAM): $(addprefix $(BUILD)/$(SHIPPED)/,applets/main.o $(LIBS))
	$(LINK)
$(BUILD)/fuzz/fuzz_%: $(addprefix $(BUILD)/fuzz/,tests/fuzz/fuzz_%.o $(LIBS))
	$(LINK)

# What anybody gets who links nothing: the floor that limits are given for.
$(BUILD)/musl/bench/empty: tests/bench/empty.c
	$(Q)mkdir -p $(@D) && musl-gcc -Os -static -s -o $@ $<
$(BUILD)/musl/bench/%: $(addprefix $(BUILD)/musl/,tests/bench/%.o $(LIBS))
	$(LINK)

# Enters a sandbox and tries one thing; tests/cli/test_sandbox.py says which.
$(PROBE): $(addprefix $(BUILD)/musl/,tests/sandbox/probe.o $(LIBS))
	$(LINK)

# The program, but it does what it should not when it is told to.
$(TRESPASS): LDFLAGS_musl += \
    -Wl,--wrap=recv,--wrap=write,--wrap=flock,--wrap=fork
$(TRESPASS): $(addprefix $(BUILD)/musl/,applets/main.o \
    tests/sandbox/trespass.o $(LIBS))
	$(LINK)

# Made, not written.
$(BUILD)/version.h: FORCE
	@mkdir -p $(@D) && scripts/version >$@.$$$$ && \
	    if cmp -s $@.$$$$ $@; then rm $@.$$$$; else mv $@.$$$$ $@; fi
$(BUILD)/roots.c: scripts/roots scripts/roots.sha256
	$(Q)mkdir -p $(@D) && scripts/roots $(ROOTS) >$@
$(DEPS)/bearssl:
	$(Q)scripts/fetch-bearssl $@
$(DEPS)/musl-arm64:
	$(Q)scripts/fetch-musl arm64 $@
$(DEPS)/kubernetes:
	$(Q)scripts/fetch-kubernetes $@
$(DEPS)/include/jsmn.h:
	$(Q)mkdir -p $(@D) && cp $(JSMN) $@

unit: $(addprefix unit-san-,$(or $T,$(UNIT)))
black-box: $(PROGRAM) $(PROBE) $(TRESPASS)
	$(PYTEST) -m 'not slow'
slow: $(PROGRAM) $(PROBE) $(TRESPASS)
	$(PYTEST) -m slow
fuzz: $(addprefix fuzz-,$(or $F,$(FUZZ)))
fuzz-%: $(BUILD)/fuzz/fuzz_%
	@mkdir -p $(BUILD)/fuzz/corpus/$*
	@scripts/quietly 'fuzz $*' $< $(CLEAN) $< -max_total_time=$(SECONDS) \
	    -timeout=10 -artifact_prefix=$(BUILD)/fuzz/$*- \
	    $(BUILD)/fuzz/corpus/$* $(wildcard tests/fuzz/corpus/$*)
fuzz-smoke: SECONDS = 3
fuzz-smoke: fuzz
check-memory: $(BUILD)/msan/ecrbox $(addprefix unit-msan-,$(UNIT))
	+$(AGAIN) black-box-msan
coverage: $(BUILD)/cov/ecrbox $(UNIT:%=$(BUILD)/cov/unit/%)
	find $(BUILD)/cov -name '*.gcda' -delete
	+$(AGAIN) $(UNIT:%=unit-cov-%)
	+$(AGAIN) black-box-cov
	scripts/coverage $(BUILD)
static: $(PROGRAM)
	@scripts/static $<
check-aarch64: $(FIRST) $(BUILD)/roots.c
	+$(AGAIN) TARGET=aarch64 static
	$(CLEAN) qemu-aarch64-static $(BUILD)/aarch64/ecrbox --version
repro: $(BEARSSL)
	@scripts/repro
lint: $(FIRST)
	@WARN='$(WARN)' CPPFLAGS='$(CPPFLAGS)' scripts/lint

# What is built is built in parallel; so are black-box cases, within bounds;
# the rest, which times things, runs one after the other.
test: programs
	+$(AGAIN) unit static
	+$(AGAIN) black-box
	+$(AGAIN) black-box-san
	+$(AGAIN) fuzz-smoke
test-all: test $(DEPS)/kubernetes
	+$(AGAIN) slow
	+$(AGAIN) fuzz
	+$(AGAIN) check-memory
	+$(AGAIN) repro check-aarch64
programs: $(PROGRAM) $(BUILD)/san/ecrbox $(UNIT:%=$(BUILD)/san/unit/%) \
    $(FUZZ:%=$(BUILD)/fuzz/fuzz_%)

bench: $(PROGRAM) $(addprefix $(BUILD)/musl/bench/,spawn empty hot)
	$(CLEAN) scripts/bench $< $(BUILD)/musl/bench $(BUILD)
size:
	+$(AGAIN) LTO= BUILD=$(BUILD)/parts
	@scripts/size $(BUILD)/parts$(TARGET:%=/%)/ecrbox.map
demo: $(PROGRAM) $(MAN)
	@$(CLEAN) ECRBOX=$(abspath $<) tests/demo

# A link never replaces anything: the program itself sees to it.
install: all
	mkdir -p '$(DESTDIR)$(PREFIX)/bin'
	$(RUN) $(PROGRAM) --install '$(DESTDIR)$(PREFIX)/bin' $(LINKS)
dist:
	scripts/dist $(BUILD)
# Leaves what was fetched.
clean:
	rm -rf $(filter-out $(DEPS),$(wildcard $(BUILD)/*))

FORCE:
.PHONY: all unit black-box black-box-san black-box-msan black-box-cov slow fuzz \
    fuzz-smoke static check-memory coverage repro lint check-aarch64 test \
    test-all programs bench size demo install dist clean FORCE
.DELETE_ON_ERROR:
.SECONDARY:
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
